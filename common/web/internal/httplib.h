// cpp-httplib, as Debian's library was compiled. Without this macro httplib::Request would lack a
// member that the library's code expects.
#pragma once

#ifndef CPPHTTPLIB_OPENSSL_SUPPORT
#define CPPHTTPLIB_OPENSSL_SUPPORT
#endif
#include <httplib.h>
