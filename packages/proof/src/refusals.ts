/**
 * Every refusal, by its stable reason code: the OAuth error it is reported as, the requirement it enforces
 * and a fixed sentence. Sentences never hold a token, a key or a claim's value.
 */
export const REFUSALS = {
  // The request and its credentials
  request_malformed: ['invalid_request', 'RFC 9110 §7.1', 'The request target is not a path of this server'],
  credentials_missing: ['challenge', 'RFC 9449 §7.2', 'The request carries no access token'],
  scheme_unsupported: ['challenge', 'RFC 9449 §7.2', 'The authorization scheme is neither DPoP nor Bearer'],
  credentials_malformed: ['invalid_request', 'RFC 9110 §11.4', 'The Authorization field is not a scheme and a token68'],
  credentials_duplicated: ['invalid_request', 'RFC 6750 §3.1', 'The request carries more than one Authorization field'],
  credentials_in_query: ['invalid_request', 'FAPI2-5.3.4-02', 'Access tokens are not accepted in the query'],

  // The DPoP proof
  proof_missing: ['invalid_dpop_proof', 'DPOP-7.1-03', 'The request carries no DPoP proof'],
  proof_duplicated: ['invalid_dpop_proof', 'DPOP-4.3-01', 'The request carries more than one DPoP field'],
  proof_too_large: ['invalid_dpop_proof', 'DPOP-4.3-02', 'The DPoP proof is too large'],
  proof_malformed: ['invalid_dpop_proof', 'DPOP-4.3-02', 'The DPoP proof is not one well-formed compact JWT'],
  proof_typ: ['invalid_dpop_proof', 'DPOP-4.3-04', 'The typ of the proof is not dpop+jwt'],
  proof_alg: ['invalid_dpop_proof', 'DPOP-4.3-05', 'The alg of the proof is not accepted here'],
  proof_jwk: [
    'invalid_dpop_proof',
    'DPOP-4.3-03',
    'The jwk of the proof is missing or not a sound public key for its alg',
  ],
  proof_jwk_private: [
    'invalid_dpop_proof',
    'DPOP-4.3-07',
    'The jwk of the proof holds private or symmetric key material',
  ],
  proof_claims: ['invalid_dpop_proof', 'DPOP-4.3-03', 'A claim of the proof is missing or has the wrong type'],
  proof_htm: ['invalid_dpop_proof', 'DPOP-4.3-08', 'The proof is for another method'],
  proof_htu: ['invalid_dpop_proof', 'DPOP-4.3-09', 'The proof is for another URI'],
  proof_ath: ['invalid_dpop_proof', 'DPOP-4.3-12', 'The proof is for another access token'],
  proof_iat: ['invalid_dpop_proof', 'DPOP-4.3-11', 'The proof was made too long ago or in the future'],
  proof_expired: ['invalid_dpop_proof', 'RFC 7519 §4.1.4', 'The proof has an exp that is past'],
  proof_not_yet_valid: ['invalid_dpop_proof', 'RFC 7519 §4.1.5', 'The proof has an nbf that lies ahead'],
  proof_signature: ['invalid_dpop_proof', 'DPOP-4.3-06', 'The signature of the proof does not verify'],
  proof_replayed: ['invalid_dpop_proof', 'DPOP-11.1-02', 'The proof was used before'],
  nonce_missing: ['use_dpop_nonce', 'DPOP-9-01', 'The proof carries no nonce of this server'],
  nonce_stale: ['use_dpop_nonce', 'DPOP-8-04', 'The nonce of the proof is not a recent nonce of this server'],

  // The access token
  token_malformed: ['invalid_token', 'AT-4-05', 'The access token is not a well-formed compact JWT'],
  token_typ: ['invalid_token', 'AT-4-02', 'The typ of the access token is not at+jwt'],
  token_alg: ['invalid_token', 'AT-4-05', 'The alg of the access token is not accepted here'],
  token_key_unknown: ['invalid_token', 'AT-4-05', 'No key of the issuer fits the access token'],
  token_signature: ['invalid_token', 'AT-4-05', 'The signature of the access token does not verify'],
  token_claims: ['invalid_token', 'AT-2.2-01', 'A claim of the access token is missing or has the wrong type'],
  token_issuer: ['invalid_token', 'AT-4-03', 'The access token is from another issuer'],
  token_audience: ['invalid_token', 'AT-4-04', 'The access token is for another resource'],
  token_expired: ['invalid_token', 'AT-4-06', 'The access token has expired'],
  token_not_yet_valid: ['invalid_token', 'RFC 7519 §4.1.5', 'The access token is not valid yet'],
  token_revoked: ['invalid_token', 'FAPI2-5.3.4-03', 'The access token was revoked'],
  token_inactive: ['invalid_token', 'INTRO-2.2-01', 'The issuer says that the access token is not active'],
  issuer_unavailable: ['temporarily_unavailable', 'AT-4-05', 'The issuer does not answer, or not as it should'],

  // The binding of token to sender
  token_unbound: ['invalid_token', 'FAPI2-5.3.4-05', 'The access token is not bound to a key or a certificate'],
  confirmation_unknown: ['invalid_token', 'DPOP-6-01', 'The cnf of the access token cannot be checked here'],
  scheme_mismatch: ['invalid_token', 'DPOP-7.2-01', 'The access token is bound in another way than the scheme says'],
  key_mismatch: ['invalid_token', 'DPOP-4.3-13', 'The proof is by another key than the access token is bound to'],
  certificate_missing: [
    'invalid_token',
    'MTLS-3-02',
    'The access token is bound to a certificate and none was presented',
  ],
  certificate_mismatch: ['invalid_token', 'MTLS-3-03', 'The access token is bound to another certificate'],
  scope_insufficient: [
    'insufficient_scope',
    'FAPI2-5.3.4-04',
    'The access token lacks a scope that this request needs',
  ],
  authorization_details_insufficient: [
    'insufficient_scope',
    'FAPI2-5.3.4-04',
    'The authorization_details of the access token do not cover this request',
  ],

  // The signature over the message, and the digest of its body
  signature_missing: ['invalid_signature', 'FAPISIG-5.3.1.2-03', 'The message carries no signature'],
  signature_malformed: [
    'invalid_signature',
    'SIG-7.5.2-01',
    'Signature-Input and Signature are not a well-formed pair of fields',
  ],
  signature_params: [
    'invalid_signature',
    'FAPISIG-5.3.1.2-04',
    'A parameter of the signature is missing, or not what is accepted here',
  ],
  signature_coverage: [
    'invalid_signature',
    'FAPISIG-5.3.1.2-05',
    'The signature does not cover what it has to, or covers what is not there',
  ],
  signature_time: [
    'invalid_signature',
    'FAPISIG-5.3.1.2-06',
    'The signature was made too long ago or in the future, or has expired',
  ],
  signature_invalid: ['invalid_signature', 'FAPISIG-5.3.1.2-02', 'The signature over the message does not verify'],
  digest_malformed: ['invalid_signature', 'DIG-2-01', 'Content-Digest is not a well-formed dictionary of digests'],
  digest_missing: ['invalid_signature', 'FAPISIG-5.3.1.2-08', 'The message has a body and no signed Content-Digest'],
  digest_unsupported: ['invalid_signature', 'DIG-5-02', 'Content-Digest has neither sha-256 nor sha-512'],
  digest_mismatch: ['invalid_signature', 'SIG-7.2.8-01', 'The body is another one than Content-Digest says'],
  content_too_large: ['content_too_large', 'RFC 9110 §15.5.14', 'The body is larger than what is taken here'],

  // The token endpoint
  content_type_unsupported: ['invalid_request', 'RFC 6749 §3.2', 'The body is not application/x-www-form-urlencoded'],
  form_malformed: ['invalid_request', 'RFC 6749 §3.2', 'The form is malformed or repeats a parameter'],
  grant_unsupported: ['unsupported_grant_type', 'FAPI2-5.3.2.1-02', 'The grant_type is not offered'],
  client_unauthenticated: ['invalid_client', 'FAPI2-5.3.2.1-06', 'The request carries no client authentication'],
  client_unknown: ['invalid_client', 'RFC 6749 §5.2', 'The client is not known'],
  client_authentication_ambiguous: [
    'invalid_request',
    'RFC 6749 §2.3',
    'The request carries more than one client authentication',
  ],
  client_authentication_unsupported: [
    'invalid_client',
    'FAPI2-5.3.2.1-06',
    'The client authenticates in another way than it registered',
  ],
  assertion_malformed: ['invalid_client', 'CA-2.2-01', 'The client assertion is not one well-formed JWT'],
  assertion_alg: ['invalid_client', 'FAPI2-5.4.1-02', 'The alg or typ of the client assertion is not accepted here'],
  assertion_signature: ['invalid_client', 'CA-3-09', 'No registered key verifies the client assertion'],
  assertion_claims: ['invalid_client', 'CA-3-01', 'A claim of the client assertion is missing or wrong'],
  assertion_audience: [
    'invalid_client',
    'FAPI2-5.3.2.1-08',
    'The aud of the client assertion is not the issuer as a string',
  ],
  assertion_time: ['invalid_client', 'CA-3-04', 'The client assertion is expired, not valid yet or lives too long'],
  assertion_replayed: ['invalid_client', 'CA-3-08', 'The client assertion was used before'],
  client_certificate_missing: [
    'invalid_client',
    'MTLS-2-04',
    'The client authenticates by certificate and none was presented',
  ],
  client_certificate_untrusted: [
    'invalid_client',
    'MTLS-2.1-01',
    'The certificate does not chain to an accepted authority',
  ],
  client_certificate_mismatch: [
    'invalid_client',
    'MTLS-2-03',
    'The certificate is not the one registered for this client',
  ],
  binding_missing: [
    'invalid_request',
    'FAPI2-5.3.2.1-04',
    'A certificate, or a proof where that will do, is needed to bind the access token',
  ],
  scope_invalid: [
    'invalid_scope',
    'RFC 6749 §3.3',
    'The scope is malformed or goes beyond what the client may ask for',
  ],
  resource_invalid: ['invalid_target', 'RI-2-04', 'The resource is not known or not open to this client'],

  grant_not_allowed: ['unauthorized_client', 'RFC 6749 §5.2', 'The client is not registered for this grant'],
  code_unknown: ['invalid_grant', 'FAPI2-5.3.2.1-11', 'The authorization code is not known or has expired'],
  code_used: ['invalid_grant', 'FAPI2-5.3.2.2-09', 'The authorization code was used before; what it gave is revoked'],
  code_client: ['invalid_grant', 'RFC 6749 §4.1.3', 'The authorization code was given to another client'],
  code_redirect_uri: [
    'invalid_grant',
    'RFC 6749 §4.1.3',
    'The redirect_uri is not the one of the authorization request',
  ],
  code_key_mismatch: ['invalid_grant', 'DPOP-10-01', 'The authorization code is bound to another key'],
  verifier_missing: ['invalid_grant', 'PKCE-4.6-01', 'The code_verifier is missing'],
  verifier_malformed: ['invalid_grant', 'PKCE-4.6-02', 'The code_verifier is not 43 to 128 unreserved characters'],
  verifier_mismatch: ['invalid_grant', 'PKCE-4.6-01', 'The code_verifier does not fit the code_challenge'],
  refresh_unknown: ['invalid_grant', 'RFC 6749 §5.2', 'The refresh token is not known, was used up or has expired'],
  refresh_client: ['invalid_grant', 'RFC 6749 §6', 'The refresh token was given to another client'],
  grant_revoked: ['invalid_grant', 'REV-2.1-04', 'The grant was revoked'],
  subject_token_invalid: ['invalid_request', 'RFC 8693 §2.2.2', 'The subject_token is not a live token of this issuer'],
  subject_token_type: ['invalid_request', 'RFC 8693 §2.1', 'The type of a token is missing or not offered'],
  exchange_forbidden: ['unauthorized_client', 'RFC 8693 §2.2.2', 'The client may not exchange this token'],

  // The authorization request
  request_uri_not_taken: ['invalid_request', 'PAR-2.1-03', 'A pushed request holds no request_uri'],
  redirect_uri_missing: ['invalid_request', 'FAPI2-5.3.2.2-06', 'The redirect_uri is missing'],
  redirect_uri_unregistered: [
    'invalid_request',
    'BCP-2.1-01',
    'The redirect_uri is not one that the client registered',
  ],
  response_type: ['unsupported_response_type', 'FAPI2-5.3.2.2-01', 'The response_type is not code'],
  response_mode: ['invalid_request', 'FAPIMS-5.4.1-01', 'The response_mode is not offered to this client'],
  challenge_missing: ['invalid_request', 'FAPI2-5.3.2.2-05', 'The code_challenge is missing or malformed'],
  challenge_method: ['invalid_request', 'PKCE-4.4.1-01', 'The code_challenge_method is not S256'],
  parameter_malformed: ['invalid_request', 'RFC 6749 §4.1.2.1', 'A parameter is malformed or too long'],
  dpop_jkt_mismatch: ['invalid_dpop_proof', 'DPOP-10.1-04', 'The dpop_jkt is not the key of the proof'],
  prompt_none: ['login_required', 'RFC 6749 §4.1.2.1', 'Nobody is logged in here without being asked'],
  authorization_details_invalid: [
    'invalid_authorization_details',
    'RAR-5-01',
    'The authorization_details are malformed, of an unknown type or beyond what is open to the client',
  ],
  request_object_required: ['invalid_request', 'PAR-2.3-02', 'The client has to send a signed request object'],
  request_object_malformed: ['invalid_request_object', 'RFC 9101 §6', 'The request object is not one well-formed JWT'],
  request_object_alg: [
    'invalid_request_object',
    'FAPI2-5.4.1-02',
    'The alg or typ of the request object is not accepted here',
  ],
  request_object_signature: [
    'invalid_request_object',
    'JOSE-9101-6.2-01',
    'No registered key verifies the request object',
  ],
  request_object_claims: [
    'invalid_request_object',
    'JOSE-9101-6.3-01',
    'A claim of the request object is missing or wrong',
  ],
  request_object_audience: ['invalid_request_object', 'FAPIMS-5.3.1-02', 'The request object is for another issuer'],
  request_object_time: [
    'invalid_request_object',
    'FAPIMS-5.3.1-04',
    'The request object is expired, not valid yet, too old or lives too long',
  ],
  request_uri_missing: ['invalid_request', 'FAPI2-5.3.2.2-03', 'The authorization request was not pushed'],
  request_uri_unknown: ['invalid_request_uri', 'PAR-4-03', 'The request_uri is not known or has expired'],
  request_uri_used: ['invalid_request_uri', 'PAR-4-02', 'The request_uri was used before'],
  request_uri_client: ['invalid_request_uri', 'PAR-2.2-03', 'The request_uri belongs to another client'],
  interaction_unknown: ['invalid_request', 'RFC 9700 §4.7', 'This page has expired or belongs to another browser'],
  page_forged: ['invalid_request', 'RFC 9700 §4.7', 'The form does not come from our own page'],
  login_refused: ['access_denied', 'RFC 9700 §4.16', 'The name or the password is wrong'],
  login_locked: ['access_denied', 'RFC 9700 §4.16', 'Too many attempts; try again later'],
  consent_denied: ['access_denied', 'RFC 6749 §4.1.2.1', 'The user denied the request'],

  // Introspection, revocation, registration
  token_not_revocable: ['invalid_request', 'REV-2.1-03', 'The token was not given to this client'],
  registration_unauthorized: ['invalid_token', 'RFC 7591 §3', 'The initial access token is missing or wrong'],
  registration_token: ['invalid_token', 'RFC 7592 §2', 'The registration access token is missing or wrong'],
  client_metadata: [
    'invalid_client_metadata',
    'RFC 7591 §3.2.2',
    'A member of the client metadata is missing or wrong',
  ],
  client_redirect_uri: ['invalid_redirect_uri', 'RFC 7591 §3.2.2', 'A redirect_uri is not one that can be registered'],
  client_keys_unavailable: ['invalid_client', 'FAPI2-5.4.2-01', 'The keys of the client cannot be fetched'],
  too_many_requests: ['temporarily_unavailable', 'REV-5-01', 'Too many requests; try again later'],

  // What a client refuses by itself
  url_refused: ['local', 'DPOP-2-01', 'The URL is not one that may be called with this token'],
  body_not_replayable: ['local', 'RFC 9449 §8', 'The body cannot be sent again, which a nonce challenge would need'],
  issuer_metadata: ['local', 'FAPI2-5.3.3.1-11', 'The metadata of the issuer cannot be used'],
  token_request_refused: ['local', 'RFC 6749 §5.2', 'The issuer refused to give a token'],
  token_response: ['local', 'RFC 6749 §5.1', 'The token response cannot be used'],
  token_type_mismatch: ['local', 'DPOP-5-08', 'The issuer gave a token of another type than was asked for'],
  certificate_unusable: ['local', 'RFC 8705 §3', 'The certificate of the client cannot be used'],
  authorization_refused: ['local', 'RFC 6749 §4.1.2.1', 'The issuer or the person refused the authorization request'],
  authorization_response: ['local', 'ISS-2.4-01', 'The answer to the authorization request cannot be used'],
  id_token: ['local', 'FAPIMS-5.6.2-01', 'The ID token cannot be used'],
  session_over: ['local', 'RFC 6749 §6', 'The session was ended, or there is no refresh token to go on with'],
  revocation_refused: ['local', 'RFC 7009 §2.2.1', 'The issuer did not take the token back'],
  key_unusable: ['local', 'JOSE-8725-3.1-01', 'The key cannot be used for signing'],
  signing_rate_exceeded: ['local', 'RFC 9449 §11.4', 'More proofs are asked for than this signer makes in a second'],

  message_unsignable: ['local', 'FAPISIG-5.3.1.1-06', 'The message lacks what its signature has to cover'],
  resource_metadata: ['local', 'FAPISIG-5.3.2.2-01', 'The keys of the resource cannot be had from its metadata'],
  response_unsigned: ['local', 'FAPISIG-5.3.2.2-02', 'The response carries no signature'],
  response_signature: ['local', 'FAPISIG-5.3.2.2-02', 'The signature or the digest of the response cannot be accepted'],

  // What can go wrong on our side: closed, never open
  store_full: ['temporarily_unavailable', 'DPOP-11.1-02', 'The store is full of live entries'],
  audit_unavailable: ['temporarily_unavailable', 'RFC 9700 §4.14.2', 'What was decided cannot be recorded'],
  store_unavailable: ['temporarily_unavailable', 'DPOP-11.1-02', 'The store does not answer'],
  internal: ['server_error', 'DPOP-7.1-04', 'The request could not be checked'],
} as const satisfies Record<string, readonly [keyof typeof STATUS, string, string]>;

export type Code = keyof typeof REFUSALS;

/** What a refusal is reported as → HTTP status at a resource server (rs) and at the authorization server (as). */
export const STATUS = {
  challenge: { rs: 401, as: 401 }, // RFC 9449 §7.2: no attempt was made, so the challenge names no error
  local: { rs: 0, as: 0 }, // never an answer: the client's own refusal
  invalid_request: { rs: 400, as: 400 },
  invalid_token: { rs: 401, as: 401 },
  invalid_dpop_proof: { rs: 401, as: 400 },
  use_dpop_nonce: { rs: 401, as: 400 },
  insufficient_scope: { rs: 403, as: 403 },
  invalid_signature: { rs: 401, as: 401 }, // FAPI 2.0 HTTP Signatures §5.3.1.2 (3)
  content_too_large: { rs: 413, as: 413 },
  invalid_client: { rs: 401, as: 401 },
  invalid_grant: { rs: 400, as: 400 },
  unauthorized_client: { rs: 400, as: 400 },
  unsupported_grant_type: { rs: 400, as: 400 },
  unsupported_response_type: { rs: 400, as: 400 },
  access_denied: { rs: 400, as: 400 },
  login_required: { rs: 400, as: 400 },
  invalid_request_uri: { rs: 400, as: 400 },
  invalid_request_object: { rs: 400, as: 400 },
  invalid_authorization_details: { rs: 400, as: 400 },
  invalid_client_metadata: { rs: 400, as: 400 },
  invalid_redirect_uri: { rs: 400, as: 400 },
  invalid_scope: { rs: 400, as: 400 },
  invalid_target: { rs: 400, as: 400 },
  temporarily_unavailable: { rs: 503, as: 503 },
  server_error: { rs: 500, as: 500 },
} as const;

export type OAuthError = Exclude<keyof typeof STATUS, 'challenge' | 'local'>;

/** All codes with what they mean, for documentation and tests. */
export function refusals(): {
  code: Code;
  error: OAuthError | undefined;
  requirement: string;
  sentence: string;
}[] {
  return Object.entries(REFUSALS).map(([code, [report, requirement, sentence]]) => ({
    code: code as Code,
    error: oauthError(report),
    requirement,
    sentence,
  }));
}

/** The OAuth error of a report; undefined for what names none. */
export function oauthError(report: keyof typeof STATUS): OAuthError | undefined {
  return report === 'challenge' || report === 'local' ? undefined : report;
}
