#include <ahoy/command/notice.hpp>
#include <ahoy/error/escape.hpp>
#include <ahoy/internet/server_word.hpp>

#include <fmt/format.h>

namespace ahoy::inline v0 {

task<> write_word_of_server(upload_job& job, std::string said) {
  try {
    const std::string line = said + "\n";
    co_await job.write(line);
    co_await job.finish();
  } catch (const error&) {
    notice(fmt::format("the server has it: {}", escape(said)));
    throw;
  }
}

}  // namespace ahoy::inline v0
