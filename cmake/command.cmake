# The command, at build/ahoy, and what it loads only when a verb asks for it.
file(GLOB command_sources CONFIGURE_DEPENDS ahoy/command/*.cpp)
list(FILTER command_sources EXCLUDE REGEX "_test\\.cpp$")
if(command_sources)
  add_executable(ahoy ${command_sources})
  target_link_libraries(ahoy PRIVATE libahoy fmt::fmt)
  target_compile_definitions(ahoy PRIVATE AHOY_VERSION="${PROJECT_VERSION}")
endif()
