/** Log-in by an identity provider: OpenID Connect's code flow with PKCE, state and nonce. */
import {
  allowInsecureRequests,
  authorizationCodeGrant,
  buildAuthorizationUrl,
  calculatePKCECodeChallenge,
  discovery,
  enableNonRepudiationChecks,
  randomNonce,
  randomPKCECodeVerifier,
  randomState,
  type Configuration,
} from "openid-client";

import { groupsIn, rolesOf, type GroupRole } from "../control/oidc-roles.ts";
import type { Vouched } from "../control/oidc-users.ts";
import { SyncError } from "../lib/errors.ts";
import type { Secret } from "../lib/secret.ts";

/** Which provider, and what its groups may do. */
export interface OidcSettings {
  readonly issuer: URL;
  readonly clientId: string;
  readonly clientSecret: Secret | undefined;
  /** What stands on the button. */
  readonly name: string;
  /** The claim that lists a user's groups. */
  readonly groupsClaim: string;
  readonly roles: readonly GroupRole[];
  /** The group whose members are the platform's administrators; undefined: none is by a group. */
  readonly platformGroup: string | undefined;
}

/** What must be known again when the browser comes back. */
export interface Pending {
  readonly verifier: string;
  readonly state: string;
  readonly nonce: string;
}

/** Seconds that the provider may take to answer. */
const ANSWER_MAX_S = 10;
const DISPLAY_CHARS_MAX = 200;

/** An identity provider. It is asked for its addresses at the first log-in, so that a start does not wait for it. */
export class Oidc {
  readonly name: string;
  readonly #settings: OidcSettings;
  #found: Promise<Configuration> | undefined;

  constructor(settings: OidcSettings) {
    this.name = settings.name;
    this.#settings = settings;
  }

  /** Where to send the browser. Throws SyncError `oidc_unreachable`. */
  async begin(redirectUri: string): Promise<{ readonly url: URL; readonly pending: Pending }> {
    const config = await this.#configuration();
    const pending = {
      verifier: randomPKCECodeVerifier(),
      state: randomState(),
      nonce: randomNonce(),
    };
    const url = buildAuthorizationUrl(config, {
      redirect_uri: redirectUri,
      scope: "openid profile email",
      code_challenge: await calculatePKCECodeChallenge(pending.verifier),
      code_challenge_method: "S256",
      state: pending.state,
      nonce: pending.nonce,
    });
    return { url, pending };
  }

  /** Whom the provider vouches for. Throws what openid-client does where answer, signature, state or nonce are wrong. */
  async finish(answered: URL, pending: Pending): Promise<Vouched> {
    const config = await this.#configuration();
    const tokens = await authorizationCodeGrant(config, answered, {
      pkceCodeVerifier: pending.verifier,
      expectedState: pending.state,
      expectedNonce: pending.nonce,
      idTokenExpected: true,
    });
    const claims = tokens.claims();
    if (claims === undefined) {
      throw new SyncError("oidc_refused", "the identity provider sent no id token", {
        retry: "permanent",
      });
    }
    const { groupsClaim, roles, platformGroup } = this.#settings;
    const groups = groupsIn(claims[groupsClaim]);
    const text = (name: string): string | undefined => {
      const value = claims[name];
      return typeof value === "string" && value.trim() !== "" ? value.trim() : undefined;
    };
    const username = text("preferred_username") ?? text("email") ?? claims.sub;
    return {
      issuer: claims.iss,
      subject: claims.sub,
      username,
      displayName: (text("name") ?? username).slice(0, DISPLAY_CHARS_MAX),
      roles: rolesOf(groups, roles),
      isPlatformAdmin: platformGroup === undefined ? undefined : groups.includes(platformGroup),
    };
  }

  /** Found once; after a failure the next log-in looks again. */
  async #configuration(): Promise<Configuration> {
    this.#found ??= this.#discover();
    try {
      return await this.#found;
    } catch (cause) {
      this.#found = undefined;
      throw new SyncError("oidc_unreachable", `${this.name} does not answer as it should`, {
        retry: "transient",
        cause,
      });
    }
  }

  async #discover(): Promise<Configuration> {
    const { issuer, clientId, clientSecret } = this.#settings;
    // Signatures are checked also where TLS alone would do: a proxy on the way may end it.
    const execute = [enableNonRepudiationChecks];
    if (issuer.protocol === "http:") execute.push(allowInsecureRequests);
    return await discovery(issuer, clientId, clientSecret?.reveal(), undefined, {
      timeout: ANSWER_MAX_S,
      execute,
    });
  }
}
