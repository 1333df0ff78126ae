// Watches a TLS handshake from inside OpenSSL, whoever drives it (libcurl or Beast): which
// certificate came, what verification said, what was agreed. A failed handshake is thus explained
// by itself, and no second connection is needed to find out what certificate was shown.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "checks/tracker-probe/result.hpp"

struct ssl_ctx_st;
struct ssl_st;
struct x509_store_ctx_st;

namespace tracker_probe {

/// What was seen of one handshake. Names from the certificate are raw.
struct TlsSight {
  using Time = std::chrono::system_clock::time_point;

  bool certificate = false;  ///< the server's certificate came; the fields up to not_after are set
  std::string subject;       ///< one line, "CN = a.example, O = …"
  std::string issuer;
  std::vector<std::string> names;  ///< subjectAltName: DNS names and addresses, the first 16
  std::optional<Time> not_before;
  std::optional<Time> not_after;
  int verify_error = 0;       ///< X509_V_* of the chain: the first one; 0 is fine
  std::string verify_text;    ///< OpenSSL's words for it
  bool name_matches = false;  ///< the certificate is for the host asked
  bool finished = false;      ///< the handshake was completed; the rest is set
  std::string version;        ///< "TLSv1.3"
  std::string cipher;

  [[nodiscard]] TlsDetail detail() const;
};

class TlsWitness : public std::enable_shared_from_this<TlsWitness> {
 public:
  /// `host`: the name, or the address as text without brackets, that the certificate should be for.
  explicit TlsWitness(std::string host) : host_(std::move(host)) {}

  /// Hooks into every handshake of a context (libcurl makes one for each connection), or of one
  /// connection. The context keeps only a weak reference, so it may outlive the witness.
  void watch(ssl_ctx_st* context);
  void watch(ssl_st* connection);

  [[nodiscard]] const TlsSight& sight() const { return sight_; }

 private:
  static int on_verify(int preverified, x509_store_ctx_st* store);
  static void on_info(const ssl_st* connection, int where, int result);
  void certificate(x509_store_ctx_st* store);
  void verified(x509_store_ctx_st* store, bool fine);
  void handshake_done(const ssl_st* connection);

  std::string host_;
  TlsSight sight_;
};

/// A time of day as a date, "2026-11-20", in UTC.
[[nodiscard]] std::string date_text(TlsSight::Time time);

/// The finding for a certificate that was refused: `tls.expired`, `tls.not_yet_valid`,
/// `tls.self_signed`, `tls.untrusted` or `tls.hostname`, with the end of its validity in the words.
/// Nothing if there is nothing wrong with it (or none came).
[[nodiscard]] std::optional<Finding> certificate_problem(const TlsSight& sight,
                                                         std::string_view host, TlsSight::Time now);

/// `tls.expiring` if the certificate ends within `warn_days` of `now`.
[[nodiscard]] std::optional<Finding> certificate_ending(const TlsSight& sight, int warn_days,
                                                        TlsSight::Time now);

/// `tls.handshake` for OpenSSL's error text ("error:0A00010B:SSL routines::wrong version number").
[[nodiscard]] Finding handshake_problem(std::string_view openssl_text);

}  // namespace tracker_probe
