# Unit tests: every x_test.cpp beside its module, in one program; each TEST is a CTest test of its own.
if(unit_test_sources)
  find_package(GTest REQUIRED)
  include(GoogleTest)
  add_executable(unit_tests ${unit_test_sources} ${with_tls})
  target_link_libraries(unit_tests PRIVATE libahoy_protocol libahoy fmt::fmt GTest::gmock GTest::gtest_main)
  if(TARGET ahoy_command)
    target_link_libraries(unit_tests PRIVATE ahoy_command)
  endif()
  # CTest would pass a skipped one over; tests/text_test.py sees that no unit test skips.
  gtest_discover_tests(unit_tests DISCOVERY_TIMEOUT 60 NO_PRETTY_VALUES PROPERTIES TIMEOUT 300 LABELS unit)
endif()

# What has the command's calls fail, one by one: loaded into it by tests/faulty.py. Of its own allocations and calls the
# compiler must not know better what they do.
add_library(faults MODULE tests/faults/faults.cpp)
set_target_properties(faults PROPERTIES PREFIX "" LIBRARY_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/tests)
target_compile_options(faults PRIVATE -fno-builtin)
target_link_libraries(faults PRIVATE ${CMAKE_DL_LIBS})
if(AHOY_SANITIZE)  # it is there before a sanitizer is
  target_compile_options(faults PRIVATE -fno-sanitize=all)
  target_link_options(faults PRIVATE -fno-sanitize=all)
endif()

# What spans modules: tests/NAME_test.py, against real programs, one CTest test per file, with Debian's own Python.
# Those that need the machine for themselves (they take every descriptor, or most of the processor):
set(tests_alone load)
# Those that take minutes, and more under a sanitizer:
set(tests_long bad_callers faults models)
# Those that read the project's text and start no command of ours: once is enough, a sanitizer would tell nothing new.
set(tests_of_text coroutine_forms layers packages text)
# The same is true of those that look whether the servers of the other tests do what these need:
set(tests_of_servers bad_server servers)
set(tests_without_command ${tests_of_text} ${tests_of_servers})
# What fails allocations has to have malloc for itself, which a sanitizer takes:
set(tests_not_sanitized ${tests_without_command} faults)

file(GLOB python_tests CONFIGURE_DEPENDS tests/*_test.py)
foreach(source IN LISTS python_tests)
  get_filename_component(name ${source} NAME_WE)
  string(REGEX REPLACE "_test$" "" name ${name})
  set(label peer)
  if(name IN_LIST tests_of_text)
    set(label text)
  endif()
  if(AHOY_SANITIZE AND name IN_LIST tests_not_sanitized)
    continue()
  endif()
  add_test(NAME ${label}.${name} COMMAND /usr/bin/python3 -B ${PROJECT_SOURCE_DIR}/tests/run.py ${source})
  set_tests_properties(${label}.${name} PROPERTIES TIMEOUT 300 LABELS ${label}
    ENVIRONMENT "AHOY=${PROJECT_BINARY_DIR}/ahoy;AHOY_BUILD=${PROJECT_BINARY_DIR};AHOY_SOURCE=${PROJECT_SOURCE_DIR};AHOY_SANITIZE=${AHOY_SANITIZE}")
  if(name IN_LIST tests_long)
    set_tests_properties(${label}.${name} PROPERTIES TIMEOUT 900)
  endif()
  if(name IN_LIST tests_alone)
    set_tests_properties(${label}.${name} PROPERTIES RUN_SERIAL TRUE)
  endif()
endforeach()

# What tests/operations_test.py has a listener answer: callers at a steady rate, each of whom is accounted for.
add_executable(connection_load tests/connection_load.cpp)
target_link_libraries(connection_load PRIVATE libahoy)
