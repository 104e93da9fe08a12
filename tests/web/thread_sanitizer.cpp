// What the thread sanitizer is not to report. It sees only what was built with it, and Debian's
// cpp-httplib was not: the library fills a set of method names when it reads its first request (a
// local static), and of the check by which a second thread finds it filled the sanitizer sees
// nothing. Accesses that the library itself makes are left out, ours from within it are not.
#if defined(__SANITIZE_THREAD__)

extern "C" const char* __tsan_default_suppressions();  // NOLINT: the sanitizer's own name
extern "C" const char* __tsan_default_suppressions() {
  return "called_from_lib:libcpp-httplib.so\n";
}

#endif
