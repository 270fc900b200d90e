# fuzz/: a target is a file. All of them in one program replay what is kept (a test, with any compiler); with AHOY_FUZZ
# each becomes a program of libFuzzer's, too, which only Clang has.
file(GLOB fuzz_targets CONFIGURE_DEPENDS fuzz/*.cpp)
list(FILTER fuzz_targets EXCLUDE REGEX "/(target|replay|libfuzzer)\\.cpp$")

# The command's own parsers are fuzzed, too.
add_executable(fuzz_replay ${fuzz_targets} fuzz/target.cpp fuzz/replay.cpp ${with_tls})
target_link_libraries(fuzz_replay PRIVATE ahoy_command libahoy_protocol libahoy fmt::fmt)
if(AHOY_BUILD_TESTS)
  add_test(NAME fuzz.replay COMMAND fuzz_replay ${PROJECT_SOURCE_DIR}/fuzz/corpus)
  set_tests_properties(fuzz.replay PROPERTIES TIMEOUT 300 LABELS fuzz)
endif()

if(AHOY_FUZZ)
  foreach(source IN LISTS fuzz_targets)
    get_filename_component(name ${source} NAME_WE)
    add_executable(fuzz_${name} ${source} fuzz/target.cpp fuzz/libfuzzer.cpp ${with_tls})
    target_link_libraries(fuzz_${name} PRIVATE ahoy_command libahoy_protocol libahoy fmt::fmt)
    target_link_options(fuzz_${name} PRIVATE -fsanitize=fuzzer)
  endforeach()
endif()
