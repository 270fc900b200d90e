#pragma once
#include <ahoy/internet/upload_job.hpp>

#include <string>

namespace ahoy::inline v0 {

/// What the server said when it took what was sent: a line of standard output. Where that cannot be written,
/// standard error tells that it was taken: who takes it for not sent sends it twice.
task<> write_word_of_server(upload_job& job, std::string said);

}  // namespace ahoy::inline v0
