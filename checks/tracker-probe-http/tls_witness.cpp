#include "checks/tracker-probe-http/tls_witness.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <openssl/asn1.h>
#include <openssl/bio.h>
#include <openssl/ssl.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <ctime>

#include "checks/net/address.hpp"
#include "checks/net/clean_text.hpp"
#include "checks/tracker-probe-http/reply_fields.hpp"

namespace tracker_probe {

namespace {

using checks::net::clean_text;
using Weak = std::weak_ptr<TlsWitness>;

void free_weak(void*, void* stored, CRYPTO_EX_DATA*, int, long, void*) {
  delete static_cast<Weak*>(stored);
}

/// Slots in which contexts and connections keep their witness; made once.
int context_slot() {
  static const int slot = SSL_CTX_get_ex_new_index(0, nullptr, nullptr, nullptr, &free_weak);
  return slot;
}
int connection_slot() {
  static const int slot = SSL_get_ex_new_index(0, nullptr, nullptr, nullptr, &free_weak);
  return slot;
}

std::shared_ptr<TlsWitness> witness_of(const SSL* connection) {
  if (const auto* own = static_cast<Weak*>(SSL_get_ex_data(connection, connection_slot())))
    return own->lock();
  const auto* shared =
      static_cast<Weak*>(SSL_CTX_get_ex_data(SSL_get_SSL_CTX(connection), context_slot()));
  return shared == nullptr ? nullptr : shared->lock();
}

std::string text_of(const X509_NAME* name) {
  BIO* memory = BIO_new(BIO_s_mem());
  if (memory == nullptr) return {};
  X509_NAME_print_ex(memory, name, 0, XN_FLAG_ONELINE & ~ASN1_STRFLGS_ESC_MSB);
  const char* data = nullptr;
  const long size = BIO_get_mem_data(memory, &data);
  std::string out(data, size > 0 ? static_cast<std::size_t>(size) : 0);
  BIO_free(memory);
  return out;
}

std::optional<TlsSight::Time> time_of(const ASN1_TIME* time) {
  std::tm parts{};
  if (ASN1_TIME_to_tm(time, &parts) != 1) return std::nullopt;
  return std::chrono::system_clock::from_time_t(timegm(&parts));
}

std::string name_of(const GENERAL_NAME& name) {
  if (name.type == GEN_DNS)
    return {reinterpret_cast<const char*>(ASN1_STRING_get0_data(name.d.dNSName)),
            static_cast<std::size_t>(ASN1_STRING_length(name.d.dNSName))};
  if (name.type != GEN_IPADD) return {};
  const auto address =
      checks::net::ip_from_bytes({ASN1_STRING_get0_data(name.d.iPAddress),
                                  static_cast<std::size_t>(ASN1_STRING_length(name.d.iPAddress))});
  return address ? to_text(*address) : std::string();
}

std::vector<std::string> names_of(X509* certificate) {
  constexpr std::size_t most = 16;
  std::vector<std::string> out;
  auto* list = static_cast<GENERAL_NAMES*>(
      X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr));
  for (int i = 0; i < sk_GENERAL_NAME_num(list) && out.size() < most; ++i)
    if (auto name = name_of(*sk_GENERAL_NAME_value(list, i)); !name.empty())
      out.push_back(std::move(name));
  GENERAL_NAMES_free(list);
  return out;
}

}  // namespace

void TlsWitness::watch(ssl_ctx_st* context) {
  SSL_CTX_set_ex_data(context, context_slot(), new Weak(weak_from_this()));
  SSL_CTX_set_verify(context, SSL_CTX_get_verify_mode(context), &TlsWitness::on_verify);
  SSL_CTX_set_info_callback(context, &TlsWitness::on_info);
}

void TlsWitness::watch(ssl_st* connection) {
  SSL_set_ex_data(connection, connection_slot(), new Weak(weak_from_this()));
  SSL_set_verify(connection, SSL_get_verify_mode(connection), &TlsWitness::on_verify);
  SSL_set_info_callback(connection, &TlsWitness::on_info);
}

int TlsWitness::on_verify(int preverified, x509_store_ctx_st* store) {
  const auto* connection = static_cast<const SSL*>(
      X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx()));
  const auto self = connection == nullptr ? nullptr : witness_of(connection);
  if (self == nullptr) return preverified;
  if (!self->sight_.certificate) self->certificate(store);
  self->verified(store, preverified == 1);
  return preverified;
}

void TlsWitness::on_info(const ssl_st* connection, int where, int) {
  if ((where & SSL_CB_HANDSHAKE_DONE) == 0) return;
  if (const auto self = witness_of(connection)) self->handshake_done(connection);
}

void TlsWitness::certificate(x509_store_ctx_st* store) {
  X509* leaf = X509_STORE_CTX_get0_cert(store);
  if (leaf == nullptr) return;
  sight_.certificate = true;
  sight_.subject = text_of(X509_get_subject_name(leaf));
  sight_.issuer = text_of(X509_get_issuer_name(leaf));
  sight_.names = names_of(leaf);
  sight_.not_before = time_of(X509_get0_notBefore(leaf));
  sight_.not_after = time_of(X509_get0_notAfter(leaf));
  sight_.name_matches = checks::net::parse_ip(host_)
                            ? X509_check_ip_asc(leaf, host_.c_str(), 0) == 1
                            : X509_check_host(leaf, host_.data(), host_.size(), 0, nullptr) == 1;
}

void TlsWitness::verified(x509_store_ctx_st* store, bool fine) {
  const int error = X509_STORE_CTX_get_error(store);
  const bool about_name =
      error == X509_V_ERR_HOSTNAME_MISMATCH || error == X509_V_ERR_IP_ADDRESS_MISMATCH;
  if (fine || about_name || sight_.verify_error != 0) return;
  sight_.verify_error = error;
  sight_.verify_text = X509_verify_cert_error_string(error);
}

void TlsWitness::handshake_done(const ssl_st* connection) {
  sight_.finished = true;
  sight_.version = SSL_get_version(connection);
  if (const char* name = SSL_get_cipher_name(connection)) sight_.cipher = name;
}

TlsDetail TlsSight::detail() const {
  TlsDetail out;
  out.version = version;
  out.cipher = cipher;
  out.subject = subject;
  out.issuer = issuer;
  out.not_before = not_before;
  out.not_after = not_after;
  out.san_match = name_matches;
  if (verify_error != 0) {
    out.verify = verify_text;
  } else if (certificate) {
    out.verify = name_matches ? "ok" : "hostname mismatch";
  }
  return out;
}

std::string date_text(TlsSight::Time time) {
  return fmt::format("{:%Y-%m-%d}", fmt::gmtime(std::chrono::system_clock::to_time_t(time)));
}

namespace {

std::string days_text(TlsSight::Time from, TlsSight::Time to) {
  const auto hours = std::chrono::duration_cast<std::chrono::hours>(to - from).count();
  const auto days = hours / 24;
  if (days == 0) return fmt::format("{} hour{}", hours, hours == 1 ? "" : "s");
  return fmt::format("{} day{}", days, days == 1 ? "" : "s");
}

std::string validity(const TlsSight& sight) {
  if (!sight.not_after) return {};
  return fmt::format(" (valid until {})", date_text(*sight.not_after));
}

std::string names_text(const TlsSight& sight) {
  constexpr std::size_t shown = 3;
  if (sight.names.empty()) return clean_text(sight.subject);
  std::string out;
  for (std::size_t i = 0; i < std::min(shown, sight.names.size()); ++i)
    out += (i == 0 ? "" : ", ") + clean_text(sight.names[i], 80);
  if (sight.names.size() > shown) out += fmt::format(" and {} more", sight.names.size() - shown);
  return out;
}

}  // namespace

std::optional<Finding> certificate_problem(const TlsSight& sight, std::string_view host,
                                           TlsSight::Time now) {
  if (!sight.certificate) return std::nullopt;
  if (sight.not_after && *sight.not_after < now)
    return critical("tls.expired",
                    fmt::format("certificate expired {} ({} ago)", date_text(*sight.not_after),
                                days_text(*sight.not_after, now)));
  if (sight.not_before && *sight.not_before > now)
    return critical(
        "tls.not_yet_valid",
        fmt::format("certificate is not valid before {} (in {}){}", date_text(*sight.not_before),
                    days_text(now, *sight.not_before), validity(sight)));
  switch (sight.verify_error) {
    case X509_V_OK: break;
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
      return critical("tls.self_signed", fmt::format("certificate is self-signed by \"{}\"{}",
                                                     clean_text(sight.subject), validity(sight)));
    case X509_V_ERR_CERT_HAS_EXPIRED:
      return critical("tls.expired",
                      fmt::format("a certificate of the chain, above \"{}\", has expired{}",
                                  clean_text(sight.subject), validity(sight)));
    case X509_V_ERR_CERT_NOT_YET_VALID:
      return critical("tls.not_yet_valid",
                      fmt::format("a certificate of the chain, above \"{}\", is not yet valid{}",
                                  clean_text(sight.subject), validity(sight)));
    default:
      return critical("tls.untrusted",
                      fmt::format("certificate is not trusted: {}, issuer \"{}\"{}",
                                  sight.verify_text, clean_text(sight.issuer), validity(sight)));
  }
  if (!sight.name_matches)
    return critical("tls.hostname",
                    fmt::format("certificate is for {}, not {}{}", names_text(sight),
                                clean_text(host), validity(sight)));
  return std::nullopt;
}

std::optional<Finding> certificate_ending(const TlsSight& sight, int warn_days,
                                          TlsSight::Time now) {
  if (!sight.not_after || warn_days <= 0) return std::nullopt;
  if (*sight.not_after < now || *sight.not_after - now >= std::chrono::hours(24) * warn_days)
    return std::nullopt;
  return Finding{"tls.expiring", State::warning,
                 fmt::format("certificate expires in {} ({})", days_text(now, *sight.not_after),
                             date_text(*sight.not_after)),
                 false};
}

Finding handshake_problem(std::string_view openssl_text) {
  auto reason = openssl_text;
  if (const auto at = reason.rfind("::"); at != std::string_view::npos)
    reason.remove_prefix(at + 2);
  if (const auto at = reason.find(" (SSL routines)"); at != std::string_view::npos)
    reason = reason.substr(0, at);
  std::string_view hint;
  if (reason.find("wrong version number") != std::string_view::npos)
    hint = " (plain HTTP on this port?)";
  if (reason.find("protocol version") != std::string_view::npos ||
      reason.find("unsupported protocol") != std::string_view::npos)
    hint = " (the server's TLS is older than --tls-min allows)";
  return critical("tls.handshake",
                  fmt::format("TLS handshake failed: {}{}", clean_text(reason), hint));
}

}  // namespace tracker_probe
