#pragma once

// The whole library. Each header may be included alone as well, and says what its types promise.

#include <ahoy/address/endpoint.hpp>
#include <ahoy/address/hostname.hpp>
#include <ahoy/address/lookup.hpp>
#include <ahoy/connection/connect.hpp>
#include <ahoy/connection/connection.hpp>
#include <ahoy/connection/datagram.hpp>
#include <ahoy/connection/farewell.hpp>
#include <ahoy/connection/listener.hpp>
#include <ahoy/connection/pipe.hpp>
#include <ahoy/engine/select.hpp>
#include <ahoy/error/error.hpp>
#include <ahoy/error/escape.hpp>
#include <ahoy/error/log.hpp>
#include <ahoy/handler/discard.hpp>
#include <ahoy/handler/echo.hpp>
#include <ahoy/handler/gathering.hpp>
#include <ahoy/handler/greet.hpp>
#include <ahoy/handler/metrics.hpp>
#include <ahoy/handler/program.hpp>
#include <ahoy/handler/time.hpp>
#include <ahoy/message/channel.hpp>
#include <ahoy/server/observers.hpp>
#include <ahoy/server/server.hpp>
#include <ahoy/server/tally.hpp>
#include <ahoy/socket/socket.hpp>
#include <ahoy/task/scope.hpp>
