#include <ahoy/server/capacity.hpp>

#include <gtest/gtest.h>

namespace {

using ahoy::model;
using ahoy::system_limits;

constexpr system_limits plenty{1'000'000, 1'000'000};

std::size_t of(model which, std::size_t workers, const system_limits& has) {
  ahoy::server_options options;
  options.model = which;
  options.workers = workers;
  return default_max_clients(options, has);
}

TEST(default_max_clients, is_what_descriptors_allow_less_32) {
  EXPECT_EQ(of(model::event, 0, {1024, 100}), 992U);
  EXPECT_EQ(of(model::iterative, 0, {1024, 100}), 992U);
}

TEST(default_max_clients, is_at_least_one) {
  for (const model each : {model::iterative, model::event, model::process, model::thread})
    EXPECT_EQ(of(each, 0, {8, 1}), 1U);
}

TEST(default_max_clients, is_bounded_where_each_has_a_process_or_a_thread) {
  for (const model each : {model::process, model::thread}) {
    EXPECT_EQ(of(each, 0, plenty), ahoy::most_own_workers);
    EXPECT_EQ(of(each, 0, {1'000'000, 300}), 150U) << "half of what the system has";
    EXPECT_EQ(of(each, 0, {432, 1'000'000}), 100U) << "four descriptors each";
  }
}

TEST(default_max_clients, of_those_who_share_workers_is_not) {
  EXPECT_GT(of(model::process, 4, plenty), 900'000U);
  EXPECT_GT(of(model::thread, 4, {1'000'000, 10}), 900'000U);
  EXPECT_GT(of(model::event, 4, {1'000'000, 10}), 400'000U);
}

TEST(limits_of_system, are_found) {
  const system_limits found = ahoy::limits_of_system();
  EXPECT_GT(found.descriptors, 3U);
  EXPECT_GT(found.processes, 1U);
  EXPECT_LE(found.processes, 4'194'304U) << "the kernel's own limit of kernel.pid_max";
}

}  // namespace
