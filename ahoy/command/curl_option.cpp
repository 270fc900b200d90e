#include <ahoy/command/curl_option.hpp>
#include <ahoy/command/endpoint_words.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace ahoy::inline v0 {

namespace {

constexpr std::array rows{
    curl_row{"-o", "--output FILE"},
    curl_row{"-O --remote-name", "--output FILE; the name is yours to choose"},
    curl_row{"-I", "--head"},
    curl_row{"-i --include", "--head for the header, -v for the whole dialogue"},
    curl_row{"-L", "--location"},
    curl_row{"-H", "--header 'NAME: VALUE'"},
    curl_row{"-A --user-agent", "--header 'User-Agent: NAME'"},
    curl_row{"-e --referer", "--header 'Referer: URL'"},
    curl_row{"-b --cookie", "--header 'Cookie: NAME=VALUE'"},
    curl_row{"-X --request", "--method METHOD, of send"},
    curl_row{"-d --data --data-raw --data-binary", "`ahoy send URL CONTENT`, without an option"},
    curl_row{"-T --upload-file", "`ahoy send URL <FILE`, without an option; for PUT --method PUT"},
    curl_row{"-a", "--append, of send"},
    curl_row{"-u", "--user NAME[:PASSWORD]"},
    curl_row{"-n --netrc", "not needed: ~/.netrc is read"},
    curl_row{"-k", "--insecure"},
    curl_row{"-E", "--cert FILE"},
    curl_row{"--ssl --ssl-reqd", "--starttls"},
    curl_row{"-C --continue-at", "--resume, with --output FILE"},
    curl_row{"-r", "--range RANGE"},
    curl_row{"-m --max-time", "--timeout DURATION"},
    curl_row{"--max-filesize", "--max-size SIZE"},
    curl_row{"--interface", "--source ADDRESS"},
    curl_row{"-P --ftp-port", "--active"},
    curl_row{"--mail-from", "--from ADDRESS"},
    curl_row{"--mail-rcpt", "--to ADDRESS"},
    curl_row{"-f --fail", "not needed: the status is 22 or 78 where the server refuses"},
    curl_row{"-s --silent -S --show-error -# --progress-bar",
             "not needed: a bar is shown on a terminal alone, and errors always"},
};

/// "-o" of "-ofile", "--output" of "--output=file".
std::string_view spelling_of(std::string_view word) {
  return word.starts_with("--") ? word.substr(0, word.find('=')) : word.substr(0, 2);
}

bool has_spelling(const curl_row& row, std::string_view spelling) {
  return std::ranges::count(words_of(row.spellings), spelling) > 0;
}

}  // namespace

std::span<const curl_row> curl_rows() noexcept { return rows; }

std::string curl_option(verb of, std::span<const std::string_view> words, std::string_view word) {
  const bool is_of_urls =
      of == verb::fetch || (of == verb::send && std::ranges::any_of(words, is_internet_url));
  const auto spelling = spelling_of(word);
  const auto* found =
      std::ranges::find_if(rows, [&](const curl_row& row) { return has_spelling(row, spelling); });
  if (!is_of_urls || found == rows.end()) return {};
  return fmt::format("curl's {} is {}", spelling, found->ours);
}

}  // namespace ahoy::inline v0
