#include <ahoy/command/descriptor_limit.hpp>
#include <ahoy/command/dispatch.hpp>
#include <ahoy/command/last_words.hpp>
#include <ahoy/command/own_words.hpp>
#include <ahoy/command/secret_words.hpp>
#include <ahoy/command/signals.hpp>
#include <ahoy/command/standard_streams.hpp>

#include <string>
#include <vector>

int main(int count, char** words) {
  ahoy::open_standard_streams();
  ahoy::ignore_sigpipe();
  ahoy::raise_descriptor_limit();
  return ahoy::with_last_words([count, words] {
    const std::vector<std::string> kept = ahoy::hide_secrets(count, words);
    ahoy::remember_own_words(kept);
    const std::vector<std::string_view> given(kept.begin() + (count > 0), kept.end());
    return ahoy::dispatch(given);
  });
}
