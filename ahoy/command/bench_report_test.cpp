#include <ahoy/command/bench_report.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::Not;

ahoy::load_result three_in_two_seconds() {
  ahoy::load_result result;
  for (const auto time : {10us, 20us, 4000us}) result.times.add(time);
  result.took = 2s;
  return result;
}

std::vector<ahoy::model_result> results() {
  std::vector<ahoy::model_result> all;
  auto processor = 500ms;
  for (const auto& each : ahoy::measured_models())
    all.push_back({&each, three_in_two_seconds(), processor += 250ms});
  return all;
}

TEST(bench_report, is_lines_to_read) {
  ahoy::bench_options given;
  given.to = ahoy::endpoint::parse("localhost", "80");
  const auto text = bench_text(given, three_in_two_seconds());
  EXPECT_THAT(text, HasSubstr("rate    2 exchanges a second: 3 in 2.00 s\n"));
  EXPECT_THAT(text, HasSubstr("p50     20."));
  EXPECT_THAT(text, HasSubstr("p99     4.00 ms\n"));
}

TEST(bench_report, is_one_object) {
  ahoy::bench_options given;
  given.to = ahoy::endpoint::parse("localhost", "80");
  const auto line = bench_json(given, three_in_two_seconds(), 8);
  EXPECT_THAT(line, HasSubstr("\"seconds\":2.0,\"exchanges\":3,\"rate\":2.0,"));
  EXPECT_THAT(line, HasSubstr("\"max_us\":4000.0,\"errors\":0,\"status\":8}\n"));
}

TEST(bench_report, subtracts_the_iterative_server) {
  ahoy::bench_options given;
  given.form = ahoy::bench_form::models;
  given.count = 5000;
  const auto text = models_text(given, results());
  EXPECT_THAT(text, testing::ContainsRegex("iterative +2 +0.750 +0.000 +0\n"));
  EXPECT_THAT(text, testing::ContainsRegex("process, 15 workers +2 +1.250 +0.500 +0 +2.58  5, preforked"));
  EXPECT_THAT(text, testing::ContainsRegex("event +2 +2.000 +1.250 +0\n"));
}

TEST(bench_report, gives_nothing_no_sign) {
  ahoy::bench_options given;
  given.form = ahoy::bench_form::models;
  auto all = results();
  all[1].processor = all[0].processor - 100us;
  EXPECT_THAT(models_text(given, all), Not(HasSubstr("-0.000")));
  EXPECT_THAT(models_chart(given, all), Not(HasSubstr("-0.000")));
  all[1].processor = all[0].processor - 100ns;
  EXPECT_THAT(models_json(given, all, 0), Not(HasSubstr("-0.0,")));
}

TEST(bench_report, has_every_row_of_the_book) {
  ahoy::bench_options given;
  const auto text = models_text(given, results());
  for (const auto& each : ahoy::book_rows()) EXPECT_THAT(text, HasSubstr(std::string{each.design}));
}

}  // namespace
