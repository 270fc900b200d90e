#include <ahoy/internet/access.hpp>
#include <ahoy/internet/ftp_url.hpp>
#include <ahoy/internet/requests.hpp>
#include <ahoy/protocol/gopher.hpp>
#include <ahoy/protocol/imap_data.hpp>
#include <ahoy/protocol/imap_mailbox_name.hpp>
#include <ahoy/protocol/imap_url.hpp>
#include <ahoy/protocol/mail_address.hpp>
#include <ahoy/protocol/nntp_url.hpp>
#include <ahoy/protocol/pop3_url.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace ahoy::inline v0 {

namespace {

void add_all(requests& all, const std::vector<std::string>& more) {
  all.insert(all.end(), more.begin(), more.end());
}

/// "/a%20b?c": as it stands in the URL.
std::string target_of(const internet_options& given) { return given.to.path.empty() ? "/" : given.to.path; }

std::string host_line(const internet_options& given) {
  const std::string url = server_url_of(given);
  return "Host: " + url.substr(url.find("//") + 2);
}

requests requests_to_http(const fetch_options& given) {
  requests all{fmt::format("{} {} HTTP/1.1", given.head ? "HEAD" : "GET", target_of(given)),
               host_line(given)};
  if (!given.range.empty()) all.push_back("Range: bytes=" + given.range);
  if (given.compressed) all.emplace_back("Accept-Encoding: ");
  add_all(all, given.headers);
  return all;
}

requests requests_to_http(const upload_options& given) {
  requests all{fmt::format("{} {} HTTP/1.1", given.method.empty() ? "POST" : given.method, target_of(given)),
               host_line(given)};
  add_all(all, given.headers);
  return all;
}

requests requests_to_ftp(const fetch_options& given) {
  const ftp_path path = ftp_path_of(given);
  const std::string data = given.active ? "EPRT ..." : "EPSV";
  if (path.is_folder) return {data, "MLSD"};
  return {data, path.is_text ? "TYPE A" : "TYPE I", "RETR ..."};
}

requests requests_to_ftp(const upload_options& given) {
  static_cast<void>(ftp_path_of(given));
  return {given.active ? "EPRT ..." : "EPSV", "TYPE I",
          given.append || given.resume ? "APPE ..." : "STOR ..."};
}

requests requests_to_gopher(const fetch_options& given) {
  const gopher_path path = read_gopher_path(given.to.path);
  return {path.selector + (given.search.empty() ? "" : "\t" + given.search)};
}

requests requests_to_pop3(const fetch_options& given) {
  const auto number = parse_pop3_path(given.to.path);
  if (!number) return {"LIST", "UIDL", "QUIT"};
  if (given.head || given.top)
    return {fmt::format("TOP {} {}", *number, given.head ? 0 : *given.top), "QUIT"};
  requests all{fmt::format("RETR {}", *number)};
  if (given.remove) all.push_back(fmt::format("DELE {}", *number));
  all.emplace_back("QUIT");
  return all;
}

std::string_view article_command(const fetch_options& given) {
  if (given.head) return "HEAD";
  return given.body ? "BODY" : "ARTICLE";
}

requests requests_to_nntp(const fetch_options& given) {
  const nntp_url what = parse_nntp_url(given.to.path);
  if (what.what == nntp_url::kind::groups)
    return {what.name.empty() ? "LIST ACTIVE" : "LIST ACTIVE " + what.name, "QUIT"};
  if (what.what == nntp_url::kind::group) return {"GROUP " + what.name, "OVER ...", "QUIT"};
  requests all;
  if (!what.name.empty()) all.push_back("GROUP " + what.name);
  add_all(all, {fmt::format("{} {}", article_command(given), what.article), "QUIT"});
  return all;
}

requests requests_to_nntp(const upload_options& given) {
  static_cast<void>(parse_newsgroups(given.to.path));
  return {"POST", "QUIT"};
}

std::string mailbox_argument(const imap_url& what) { return imap_quoted(to_modified_utf7(what.mailbox)); }

// Of IMAP a tag stands before each.
requests requests_to_imap(const fetch_options& given) {
  const imap_url what = parse_imap_url(given.to.path);
  if (what.mailbox.empty()) return {"CAPABILITY", "LIST \"\" \"*\"", "LOGOUT"};
  const auto message = what.uid ? what : as_imap_message(what);
  const std::string open = given.remove ? "SELECT " : "EXAMINE ";
  requests all{"CAPABILITY", open + mailbox_argument(what)};
  if (message && !what.uid) all.push_back(open + mailbox_argument(*message));  // where the other is not there
  const bool searches = !message && !(what.search.empty() && given.search.empty());
  if (message) all.push_back(fmt::format("UID FETCH {} ...", *message->uid));
  if (searches) add_all(all, {"UID SEARCH ...", "UID FETCH ..."});
  if (!message && !searches) all.emplace_back("FETCH ...");
  if (given.remove) add_all(all, {"UID STORE ...", "UID EXPUNGE ..."});
  all.emplace_back("LOGOUT");
  return all;
}

requests requests_to_imap(const upload_options& given) {
  return {"CAPABILITY", "APPEND " + mailbox_argument(parse_imap_url(given.to.path)), "LOGOUT"};
}

requests requests_to_smtp(const upload_options& given) {
  requests all{given.from.empty() ? "MAIL FROM:<...>"
                                  : fmt::format("MAIL FROM:<{}>", parse_mailbox(given.from).address)};
  for (const auto* each : {&given.recipients, &given.copies, &given.hidden_copies})
    for (const std::string& words : *each)
      for (const mailbox& one : parse_mailboxes(words))
        all.push_back(fmt::format("RCPT TO:<{}>", one.address));
  if (all.size() == 1) all.emplace_back("RCPT TO:<...>");
  add_all(all, {"DATA", "QUIT"});
  return all;
}

template <class Options>
struct row {
  ahoy::scheme scheme;
  requests (*made)(const Options&);
};
constexpr std::array<row<fetch_options>, 12> fetched{{{scheme::http, requests_to_http},
                                                      {scheme::https, requests_to_http},
                                                      {scheme::ftp, requests_to_ftp},
                                                      {scheme::ftps, requests_to_ftp},
                                                      {scheme::gopher, requests_to_gopher},
                                                      {scheme::gophers, requests_to_gopher},
                                                      {scheme::pop3, requests_to_pop3},
                                                      {scheme::pop3s, requests_to_pop3},
                                                      {scheme::imap, requests_to_imap},
                                                      {scheme::imaps, requests_to_imap},
                                                      {scheme::nntp, requests_to_nntp},
                                                      {scheme::nntps, requests_to_nntp}}};
constexpr std::array<row<upload_options>, 10> sent{{{scheme::http, requests_to_http},
                                                    {scheme::https, requests_to_http},
                                                    {scheme::ftp, requests_to_ftp},
                                                    {scheme::ftps, requests_to_ftp},
                                                    {scheme::smtp, requests_to_smtp},
                                                    {scheme::smtps, requests_to_smtp},
                                                    {scheme::imap, requests_to_imap},
                                                    {scheme::imaps, requests_to_imap},
                                                    {scheme::nntp, requests_to_nntp},
                                                    {scheme::nntps, requests_to_nntp}}};

template <class Options, std::size_t Size>
requests requests_of(const std::array<row<Options>, Size>& table, const Options& given) {
  const auto found = std::ranges::find(table, given.to.scheme, &row<Options>::scheme);
  return found == table.end() ? requests{} : found->made(given);
}

}  // namespace

requests requests_for(const fetch_options& given) { return requests_of(fetched, given); }
requests requests_for(const upload_options& given) { return requests_of(sent, given); }

}  // namespace ahoy::inline v0
