#include <ahoy/command/descriptor_limit.hpp>
#include <ahoy/command/dispatch.hpp>
#include <ahoy/command/signals.hpp>
#include <ahoy/command/standard_streams.hpp>
#include <ahoy/command/status.hpp>
#include <ahoy/error/escape.hpp>

#include <csignal>
#include <exception>
#include <new>
#include <string>
#include <vector>

namespace {

int fault(const std::string& line) {
  ahoy::write_to_stderr("ahoy: " + line + "\n");
  return to_integer(ahoy::status::fault);
}

// What the command could not do otherwise than end with is told here, and nowhere else. By then all is
// unwound, so the SIGPIPE that we ignored may be made up for.
int run(const std::vector<std::string_view>& words) {
  try {
    return ahoy::dispatch(words);
  } catch (const ahoy::error& failure) {
    if (is_closed_output(failure)) ahoy::end_by_signal(SIGPIPE);
    report(failure);
    return to_integer(status_of(failure));
  } catch (const std::bad_alloc&) {
    ahoy::write_to_stderr("ahoy: out of memory\n");
  } catch (const std::exception& failure) {
    return fault("a fault of ours: " + ahoy::escape(failure.what()));
  } catch (...) {
    return fault("a fault of ours, of an unknown kind");
  }
  return to_integer(ahoy::status::fault);
}

}  // namespace

int main(int count, char** words) {
  ahoy::open_standard_streams();
  ahoy::ignore_sigpipe();
  ahoy::raise_descriptor_limit();
  return run(std::vector<std::string_view>(words + (count > 0), words + count));
}
