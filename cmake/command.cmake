# The command, at build/ahoy. All but main_sources is a library, so that unit tests reach it.
file(GLOB command_sources CONFIGURE_DEPENDS ahoy/command/*.cpp)
if(NOT command_sources)
  return()
endif()
find_package(nlohmann_json REQUIRED)

set(command_tests ${command_sources})
list(FILTER command_tests INCLUDE REGEX "_test\\.cpp$")
list(APPEND unit_test_sources ${command_tests})
set(module_sources ${command_sources})
list(FILTER module_sources INCLUDE REGEX "/module_[a-z_]+\\.cpp$")
set(with_tls ${PROJECT_SOURCE_DIR}/ahoy/command/with_tls.cpp)
set(without_tls ${PROJECT_SOURCE_DIR}/ahoy/command/without_tls.cpp)
set(main_sources ${PROJECT_SOURCE_DIR}/ahoy/command/main.cpp ${PROJECT_SOURCE_DIR}/ahoy/command/fmt.cpp ${with_tls} ${without_tls})
list(REMOVE_ITEM command_sources ${command_tests} ${module_sources} ${main_sources})

add_library(ahoy_command STATIC ${command_sources})
set_target_properties(ahoy_command PROPERTIES LINKER_LANGUAGE CXX)
target_link_libraries(ahoy_command PUBLIC libahoy fmt::fmt nlohmann_json::nlohmann_json ${CMAKE_DL_LIBS})

# Where the command finds its modules, seen from the folder that holds the command: as built, and as installed.
file(RELATIVE_PATH modules_installed ${CMAKE_INSTALL_FULL_BINDIR} ${CMAKE_INSTALL_FULL_LIBDIR}/ahoy)
set(programs_folder ${CMAKE_INSTALL_LIBEXECDIR}/ahoy)
file(RELATIVE_PATH programs_installed ${CMAKE_INSTALL_FULL_BINDIR} ${CMAKE_INSTALL_FULL_LIBEXECDIR}/ahoy)
file(RELATIVE_PATH modules_from_programs ${CMAKE_INSTALL_FULL_LIBEXECDIR}/ahoy ${CMAKE_INSTALL_FULL_LIBDIR}/ahoy)
target_compile_definitions(ahoy_command PUBLIC AHOY_VERSION="${PROJECT_VERSION}"
  AHOY_MODULES_BUILT="modules" AHOY_MODULES_INSTALLED="${modules_installed}"
  AHOY_PROGRAMS_INSTALLED="${programs_installed}" AHOY_MODULES_FROM_PROGRAMS="${modules_from_programs}")

# The command has what it needs of libstdc++, libgcc and fmt within itself: to find them, and to bind to them, is a third of
# a cold start, and each process of the model `process` would map them anew. Its modules have their own, which they show
# nobody. Not where libahoy is shared and uses them too, since an exception must not pass from one copy to another; nor with
# a sanitizer, which looks into the shared ones.
if(NOT BUILD_SHARED_LIBS AND NOT AHOY_SANITIZE)
  set(with_own_runtime -static-libstdc++ -static-libgcc LINKER:--exclude-libs,ALL)
endif()

# The command, and ahoy-tls, the same with OpenSSL, which the command becomes when an endpoint asks for TLS: so that whoever
# asks for none need not load it (ahoy/command/tls_opening.hpp).
add_executable(ahoy ahoy/command/main.cpp ${without_tls})
add_executable(ahoy-tls ahoy/command/main.cpp ${with_tls})
foreach(program ahoy ahoy-tls)
  target_link_libraries(${program} PRIVATE ahoy_command)
  # Names are bound when it starts, not when they are first used: else each process of the model `process` would bind
  # anew what its parent does not use. That takes a tenth of a millisecond.
  target_link_options(${program} PRIVATE LINKER:-z,relro LINKER:-z,now LINKER:--as-needed)
  set_target_properties(${program} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR})
  if(with_own_runtime)
    target_sources(${program} PRIVATE ahoy/command/fmt.cpp)
    target_link_options(${program} PRIVATE ${with_own_runtime})
  endif()
endforeach()
add_dependencies(ahoy ahoy-tls)

# ahoy/command/module_NAME.cpp becomes modules/NAME.so, which the command opens with dlopen when a verb asks for it, so
# that a library with a long start-up costs only those who use it. A module shows C functions alone, marked
# extern "C" __attribute__((visibility("default"))). Its libraries, as pkg-config names, stand in this table:
set(module_prompt_libraries libedit)

foreach(source IN LISTS module_sources)
  string(REGEX REPLACE ".*/module_([a-z_]+)\\.cpp$" "\\1" name ${source})
  add_library(module_${name} MODULE ${source})
  set_target_properties(module_${name} PROPERTIES PREFIX "" OUTPUT_NAME ${name} LIBRARY_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/modules)
  target_include_directories(module_${name} PRIVATE ${PROJECT_SOURCE_DIR})
  target_link_options(module_${name} PRIVATE ${with_own_runtime})
  foreach(library IN LISTS module_${name}_libraries)
    pkg_check_modules(${library} REQUIRED IMPORTED_TARGET ${library})
    target_link_libraries(module_${name} PRIVATE PkgConfig::${library})
  endforeach()
  list(APPEND modules module_${name})
endforeach()
# modules/internet.so, all of ahoy/internet: a part of the command that brings libcurl along.
file(GLOB internet_sources CONFIGURE_DEPENDS ahoy/internet/*.cpp)
set(internet_tests ${internet_sources})
list(FILTER internet_tests INCLUDE REGEX "_test\\.cpp$")
list(REMOVE_ITEM internet_sources ${internet_tests})
add_library(module_internet MODULE ${internet_sources} ${without_tls})
set_target_properties(module_internet PROPERTIES PREFIX "" OUTPUT_NAME internet LIBRARY_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/modules)
target_link_libraries(module_internet PRIVATE ahoy_command libahoy_protocol fmt::fmt)
if(with_own_runtime)
  target_sources(module_internet PRIVATE ahoy/command/fmt.cpp)
  target_link_options(module_internet PRIVATE ${with_own_runtime} LINKER:--as-needed)
endif()
list(APPEND modules module_internet)

if(modules AND TARGET ahoy)
  add_dependencies(ahoy ${modules})
endif()

# What the command makes from its own table of options: file in the build folder, words that print it, folder it is
# installed to, name there. (install.cmake reads the rows too.)
set(made_by_command
  "man/ahoy.1|help --man|${CMAKE_INSTALL_MANDIR}/man1|ahoy.1"
  "man/ahoy-listen.1|help --man listen|${CMAKE_INSTALL_MANDIR}/man1|ahoy-listen.1"
  "man/ahoy-call.1|help --man call|${CMAKE_INSTALL_MANDIR}/man1|ahoy-call.1"
  "man/ahoy-send.1|help --man send|${CMAKE_INSTALL_MANDIR}/man1|ahoy-send.1"
  "man/ahoy-fetch.1|help --man fetch|${CMAKE_INSTALL_MANDIR}/man1|ahoy-fetch.1"
  "man/ahoy-bench.1|help --man bench|${CMAKE_INSTALL_MANDIR}/man1|ahoy-bench.1"
  "completion/ahoy.bash|help --completion bash|${CMAKE_INSTALL_DATADIR}/bash-completion/completions|ahoy"
  "completion/_ahoy|help --completion zsh|${CMAKE_INSTALL_DATADIR}/zsh/site-functions|_ahoy"
  "completion/ahoy.fish|help --completion fish|${CMAKE_INSTALL_DATADIR}/fish/vendor_completions.d|ahoy.fish")
if(TARGET ahoy)
  foreach(row IN LISTS made_by_command)
    string(REPLACE "|" ";" row "${row}")
    list(GET row 0 file)
    list(GET row 1 words)
    separate_arguments(words)
    get_filename_component(folder ${PROJECT_BINARY_DIR}/${file} DIRECTORY)
    file(MAKE_DIRECTORY ${folder})
    add_custom_command(OUTPUT ${PROJECT_BINARY_DIR}/${file} COMMAND ahoy ${words} > ${PROJECT_BINARY_DIR}/${file} DEPENDS ahoy VERBATIM)
    list(APPEND made_files ${PROJECT_BINARY_DIR}/${file})
  endforeach()
  add_custom_target(manual ALL DEPENDS ${made_files})
endif()
