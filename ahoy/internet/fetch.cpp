#include <ahoy/command/signals.hpp>
#include <ahoy/command/usage_error.hpp>
#include <ahoy/engine/select.hpp>
#include <ahoy/error/escape.hpp>
#include <ahoy/internet/access.hpp>
#include <ahoy/internet/fetch_job.hpp>
#include <ahoy/internet/protocols.hpp>
#include <ahoy/internet/run.hpp>

#include <algorithm>
#include <array>

namespace ahoy::inline v0 {

namespace {

struct fetcher {
  ahoy::scheme scheme;
  task<> (*fetch)(fetch_job&);
};
constexpr std::array fetchers{
    fetcher{scheme::http, fetch_http},     fetcher{scheme::https, fetch_http},
    fetcher{scheme::ftp, fetch_ftp},       fetcher{scheme::ftps, fetch_ftp},
    fetcher{scheme::gopher, fetch_gopher}, fetcher{scheme::gophers, fetch_gopher},
    fetcher{scheme::imap, fetch_imap},     fetcher{scheme::imaps, fetch_imap},
    fetcher{scheme::nntp, fetch_nntp},     fetcher{scheme::nntps, fetch_nntp},
    fetcher{scheme::pop3, fetch_pop3},     fetcher{scheme::pop3s, fetch_pop3},
};

task<> fetch_whole(fetch_job& job) {
  const auto* found = std::ranges::find(fetchers, job.given.to.scheme, &fetcher::scheme);
  if (found == fetchers.end())
    throw error{std::make_error_code(std::errc::protocol_not_supported), "fetch by",
                to_string(job.given.to.scheme)};
  co_await found->fetch(job);
  co_await job.to.finish();
}

std::optional<int> fetch_until_signal(engine& by, const fetch_options& given) {
  fetch_job job{by, given, access_to(given)};
  awaited_work work;
  work.run = [&job] { return fetch_whole(job); };
  work.timeout = given.timeout;
  work.verb = "fetch from";
  work.to = given.to;
  work.has_login = !job.access.login.empty();
  work.label = escape(given.to.to_string());
  work.share = [&job] { return job.share(); };
  return run_until_signal(by, work);
}

}  // namespace

double fetch_job::share() const noexcept {
  return total == 0 ? 0 : static_cast<double>(to.there() + to.written()) / static_cast<double>(total);
}

void check_json(const fetch_options& given, bool is_list) {
  if (given.json && !is_list)
    throw usage_error(
        usage_errc::contradictory, "option --json and URL", given.to.to_string(),
        "it shows lists: a folder, a menu, a mailbox, newsgroups, and of HTTP what --head gets");
}

int fetch(const fetch_options& given) {
  const std::unique_ptr<engine> by = make_engine();
  if (const auto signal = fetch_until_signal(*by, given)) end_by_signal(*signal);
  return 0;
}

}  // namespace ahoy::inline v0
