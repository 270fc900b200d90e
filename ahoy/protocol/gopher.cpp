#include <ahoy/address/percent.hpp>
#include <ahoy/error/error.hpp>
#include <ahoy/error/escape.hpp>
#include <ahoy/protocol/gopher.hpp>
#include <ahoy/protocol/transfer.hpp>

#include <fmt/format.h>

#include <utility>

namespace ahoy::inline v0 {

namespace {

constexpr std::size_t longest_refusal = 4096;

}  // namespace

gopher_exchange::gopher_exchange(engine& by, const std::string& url, std::string_view search,
                                 const transfer_options& how)
    : over_{std::make_unique<transfer>(by, search.empty() ? url : url + "%09" + percent_encoded(search, ""),
                                       how)},
      observer_{how.observer} {
  if (search.find_first_of("\r\n\t") != search.npos)
    throw error{make_error_code(errc::malformed), "search for", escape(search),
                "it holds a line end or a tab"};
  const auto path_at = url.find('/', url.find("//") + 2);
  request_ = read_gopher_path(path_at == url.npos ? "" : url.substr(path_at)).selector;
  if (!search.empty()) request_.append("\t").append(search);
  over_->begin();
}

gopher_exchange::~gopher_exchange() = default;

task<std::string> gopher_exchange::receive() {
  std::string piece = co_await over_->receive();
  if (!has_begun_) {
    has_begun_ = true;
    piece = co_await begin(std::move(piece));
  }
  if (piece.empty() && over_->may_be_cut())
    throw error{make_error_code(errc::cut_short), "receive from", over_->server(),
                "it ended without TLS saying so"};
  co_return piece;
}

task<std::string> gopher_exchange::begin(std::string piece) {
  if (observer_) observer_(said_by::us, request_);
  while (piece.starts_with('3') && !piece.ends_with('\n') && piece.size() < longest_refusal) {
    const std::string more = co_await over_->receive();
    if (more.empty()) break;
    piece += more;
  }
  if (const auto words = gopher_refusal(piece))
    throw error{make_error_code(errc::not_there), "fetch from", over_->server(),
                fmt::format("the server said: {}", escape(*words))};
  co_return piece;
}

}  // namespace ahoy::inline v0
