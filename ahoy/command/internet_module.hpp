#pragma once
#include <ahoy/command/options.hpp>

// What the module `internet` offers the command, which opens it with dlopen only where a URL of one of the
// internet's protocols is given: libcurl and OpenSSL take longer to load than a message takes to be sent.
// Built together with the command, so that the options are the same on both sides; nothing is thrown through
// it.

extern "C" {

struct ahoy_internet_functions {
  /// Each does the work, or explains it; tells what went wrong, and returns the exit status.
  int (*fetch)(const ahoy::fetch_options& given);
  int (*upload)(const ahoy::upload_options& given);
  int (*telnet)(const ahoy::telnet_options& given);
};

/// The one symbol of the module: "ahoy_internet_module", of type const ahoy_internet_functions.
}
