#pragma once
#include <ahoy/server/options.hpp>

#include <gtest/gtest.h>

#include <array>
#include <string>

namespace ahoy::inline v0 {

/// For tests: a row of Stevens' table (UNP vol. 1, chapter 30).
struct way_to_serve {
  ahoy::model model;
  std::size_t workers;
};

inline constexpr std::array<way_to_serve, 7> every_way{{{model::iterative, 0},
                                                        {model::event, 0},
                                                        {model::event, 3},
                                                        {model::thread, 0},
                                                        {model::thread, 3},
                                                        {model::process, 0},
                                                        {model::process, 3}}};

inline std::string name_of_way(const testing::TestParamInfo<way_to_serve>& tested) {
  const std::string workers = tested.param.workers > 0 ? "_" + std::to_string(tested.param.workers) : "";
  return std::string{to_string(tested.param.model)} + workers;
}

inline server_options options_for(const way_to_serve& way) {
  server_options options;
  options.model = way.model;
  options.workers = way.workers;
  return options;
}

}  // namespace ahoy::inline v0
