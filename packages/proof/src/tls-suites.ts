/**
 * What both ends offer by their names in OpenSSL: RFC 9325 §4.2, FAPI 2.0 §5.2.2. All of TLS 1.3, and of TLS 1.2 what has
 * forward secrecy and an AEAD and is recommended by the registry.
 */
export const TLS_SUITES: readonly string[] = [
  ...['TLS_AES_256_GCM_SHA384', 'TLS_CHACHA20_POLY1305_SHA256', 'TLS_AES_128_GCM_SHA256'],
  ...['ECDHE-ECDSA-AES256-GCM-SHA384', 'ECDHE-RSA-AES256-GCM-SHA384'],
  ...['ECDHE-ECDSA-CHACHA20-POLY1305', 'ECDHE-RSA-CHACHA20-POLY1305'],
  ...['ECDHE-ECDSA-AES128-GCM-SHA256', 'ECDHE-RSA-AES128-GCM-SHA256'],
];
