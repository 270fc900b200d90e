#include <ahoy/error/error.hpp>
#include <ahoy/error/escape.hpp>
#include <ahoy/protocol/gopher.hpp>
#include <ahoy/protocol/percent.hpp>
#include <ahoy/protocol/transfer.hpp>

namespace ahoy::inline v0 {

gopher_exchange::gopher_exchange(engine& by, const std::string& url, std::string_view search,
                                 const transfer_options& how)
    : over_{std::make_unique<transfer>(by, search.empty() ? url : url + "%09" + percent_encoded(search, ""),
                                       how)} {
  if (search.find_first_of("\r\n\t") != search.npos)
    throw error{make_error_code(errc::malformed), "search for", escape(search),
                "it holds a line end or a tab"};
  over_->begin();
}

gopher_exchange::~gopher_exchange() = default;

task<std::string> gopher_exchange::receive() {
  std::string piece = co_await over_->receive();
  if (piece.empty() && over_->may_be_cut())
    throw error{make_error_code(errc::cut_short), "receive from", over_->server(),
                "it ended without TLS saying so"};
  co_return piece;
}

}  // namespace ahoy::inline v0
