# What nearly every file includes, compiled once: builds that are for tests alone take less time. Not in the others, where a
# file must include what it uses.
if(AHOY_SANITIZE)
  set(precompiled <algorithm> <array> <chrono> <coroutine> <functional> <map> <memory> <optional> <string> <vector>)
  foreach(target IN ITEMS libahoy ahoy_command)
    if(TARGET ${target})
      target_precompile_headers(${target} PRIVATE ${precompiled})
    endif()
  endforeach()
  if(TARGET unit_tests)
    target_precompile_headers(unit_tests PRIVATE ${precompiled} <future> <thread> <gtest/gtest.h>)
  endif()
endif()
