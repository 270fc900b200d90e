# libahoy: a module is x.hpp, x.cpp and x_test.cpp side by side in its layer's folder; adding the files is all it takes.
set(layers error address task socket engine connection message server handler)
foreach(layer IN LISTS layers)
  file(GLOB sources CONFIGURE_DEPENDS ahoy/${layer}/*.cpp)
  file(GLOB headers CONFIGURE_DEPENDS ahoy/${layer}/*.hpp)
  list(APPEND library_sources ${sources})
  list(APPEND public_headers ${headers})
endforeach()
list(APPEND public_headers ${PROJECT_SOURCE_DIR}/ahoy/ahoy.hpp)  # all of them in one
set(unit_test_sources ${library_sources})
list(FILTER unit_test_sources INCLUDE REGEX "_test\\.cpp$")
list(FILTER library_sources EXCLUDE REGEX "_test\\.cpp$")

add_library(libahoy ${library_sources})
add_library(ahoy::ahoy ALIAS libahoy)
target_sources(libahoy PUBLIC FILE_SET HEADERS BASE_DIRS ${PROJECT_SOURCE_DIR} FILES ${public_headers})
set_target_properties(libahoy PROPERTIES OUTPUT_NAME ahoy EXPORT_NAME ahoy LINKER_LANGUAGE CXX
  VERSION ${PROJECT_VERSION} SOVERSION ${PROJECT_VERSION_MAJOR}.${PROJECT_VERSION_MINOR})
target_compile_features(libahoy PUBLIC cxx_std_20)
# liburing's archive, and not its shared library: it is a few system calls, which a cold start need not load anything for.
pkg_check_modules(liburing REQUIRED liburing)
# TLS (ahoy/connection/tls.cpp) alone: who links the archive and wants none loads none.
pkg_check_modules(openssl REQUIRED IMPORTED_TARGET openssl)
target_link_libraries(libahoy PUBLIC Threads::Threads PRIVATE fmt::fmt -l:liburing.a PkgConfig::openssl)
target_compile_definitions(libahoy PRIVATE AHOY_VERSION="${PROJECT_VERSION}")

# libahoy-protocol: the protocols of the internet, for who wants them: it brings libcurl along, which libahoy does not need.
file(GLOB protocol_sources CONFIGURE_DEPENDS ahoy/protocol/*.cpp)
file(GLOB protocol_headers CONFIGURE_DEPENDS ahoy/protocol/*.hpp)
set(protocol_tests ${protocol_sources})
list(FILTER protocol_tests INCLUDE REGEX "_test\\.cpp$")
list(APPEND unit_test_sources ${protocol_tests})
list(FILTER protocol_sources EXCLUDE REGEX "_test\\.cpp$")

set(protocol_packages libcurl libtelnet openssl)  # as pkg-config calls them
foreach(package IN LISTS protocol_packages)
  pkg_check_modules(${package} REQUIRED IMPORTED_TARGET ${package})
  list(APPEND protocol_libraries PkgConfig::${package})
endforeach()
add_library(libahoy_protocol ${protocol_sources})
add_library(ahoy::protocol ALIAS libahoy_protocol)
target_sources(libahoy_protocol PUBLIC FILE_SET HEADERS BASE_DIRS ${PROJECT_SOURCE_DIR} FILES ${protocol_headers})
set_target_properties(libahoy_protocol PROPERTIES OUTPUT_NAME ahoy-protocol EXPORT_NAME protocol LINKER_LANGUAGE CXX
  VERSION ${PROJECT_VERSION} SOVERSION ${PROJECT_VERSION_MAJOR}.${PROJECT_VERSION_MINOR})
target_link_libraries(libahoy_protocol PUBLIC libahoy PRIVATE fmt::fmt ${protocol_libraries})
target_compile_definitions(libahoy_protocol PRIVATE AHOY_VERSION="${PROJECT_VERSION}")

# A shared library of ours exports namespace ahoy::v0 and nothing else: one line for the linker, in the place of a macro on
# every public declaration. The static library's symbols are hidden, so that what links it does not export them again.
if(BUILD_SHARED_LIBS)
  set(exports ${PROJECT_SOURCE_DIR}/cmake/exports.map)
  foreach(library libahoy libahoy_protocol)
    set_target_properties(${library} PROPERTIES CXX_VISIBILITY_PRESET default VISIBILITY_INLINES_HIDDEN OFF LINK_DEPENDS ${exports})
    target_link_options(${library} PRIVATE -Wl,--version-script=${exports})
  endforeach()
endif()
