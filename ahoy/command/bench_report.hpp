#pragma once
#include <ahoy/command/echo_load.hpp>
#include <ahoy/command/options.hpp>
#include <ahoy/server/options.hpp>

#include <array>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace ahoy::inline v0 {

/// A row of figure 30.1 in UNIX Network Programming, volume 1, third edition (Stevens, Fenner, Rudoff): a
/// design of a server, and the seconds of processor time that its process control took above the iterative
/// server.
struct book_row {
  std::string_view design;
  double seconds;
};
[[nodiscard]] const std::array<book_row, 8>& book_rows() noexcept;

/// A server that `bench models` measures.
struct measured_model {
  ahoy::model model;
  std::size_t workers;
  const book_row* book;  ///< the same design; null: the book has none
};
[[nodiscard]] const std::vector<measured_model>& measured_models();
[[nodiscard]] std::string name_of(const measured_model& which);

/// What came of it.
struct model_result {
  const measured_model* of;
  load_result load;
  duration processor;  ///< of the whole tree of its processes
};

// What is printed: lines to read, or one JSON object on one line, with times in seconds but where a name ends
// in _us. `status` is the command's.

[[nodiscard]] std::string bench_text(const bench_options& given, const load_result& result);
[[nodiscard]] std::string bench_json(const bench_options& given, const load_result& result, int status);
[[nodiscard]] std::string bench_chart(const bench_options& given, const load_result& result);

/// The first of the results is that of the iterative server.
[[nodiscard]] std::string models_text(const bench_options& given, const std::vector<model_result>& results);
[[nodiscard]] std::string models_json(const bench_options& given, const std::vector<model_result>& results,
                                      int status);
[[nodiscard]] std::string models_chart(const bench_options& given, const std::vector<model_result>& results);

}  // namespace ahoy::inline v0
