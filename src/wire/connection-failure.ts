/** Why no connection came about: a code where it is about certificates, and a sentence. */
export interface ConnectionFailure {
  /** "server_untrusted": we refused the gateway. "handshake_refused": it hung up on us. */
  readonly code?: "server_untrusted" | "handshake_refused";
  readonly text: string;
}

/** How grpc-js 1.14.7 words a connection that did not come about; what it adds at the end is empty or for its developers. */
const NO_CONNECTION =
  /^No connection established\. Last error: ([^]*?)(?:\. Resolution note: [^]*)?$/;
/** OpenSSL's words in Node, and those of rustls in Deno. */
const SERVER_UNTRUSTED =
  /self-signed certificate|unable to (?:verify|get)|certificate has expired|not yet valid|altnames|invalid peer certificate/i;
/** "Failed to connect" is what grpc-js says when the connection closes before the first HTTP/2 frame. */
const HANDSHAKE_REFUSED = /^Failed to connect$|alert|ECONNRESET|socket hang up/i;

/** Reads a gRPC status text as the failure to connect that it reports; undefined if it reports something else. */
export function connectionFailure(details: string): ConnectionFailure | undefined {
  const reason = NO_CONNECTION.exec(details)?.[1];
  if (reason === undefined) return undefined;
  const text = `no connection: ${tidy(reason)}`;
  if (SERVER_UNTRUSTED.test(reason)) {
    const advice = "the gateway's certificate does not fit ca_file or server_name";
    return { code: "server_untrusted", text: `${text}; ${advice}` };
  }
  // In TLS 1.3 a gateway judges our certificate after our own half of the handshake, so often all we see is that it hangs up.
  if (HANDSHAKE_REFUSED.test(tidy(reason))) {
    const advice =
      "the gateway ended the handshake: make sure that the agent uses the right tenant's certificate and that it has not expired";
    return { code: "handshake_refused", text: `${text}; ${advice}` };
  }
  return { text };
}

/** Without grpc-js's time of day, names of error classes, and OpenSSL's thread, source file and line. */
function tidy(reason: string): string {
  return reason
    .replace(/\([\d-]+T[\d:.]+Z\)/, "")
    .replace(/^(?:\w*Error)(?: \[\w+\])?: /, "")
    .replace(/^[0-9A-F]{8,}:error:[0-9A-F]+:SSL routines:[^:]*:([^:]*):[^]*$/, "$1")
    .trim();
}
