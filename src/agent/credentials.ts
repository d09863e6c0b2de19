/**
 * The agent's certificate on its disk: watched, so that one that is replaced is used from the next connection on, and renewed here
 * when the gateway asks for it. A key never leaves the host.
 */
import { createPrivateKey, X509Certificate } from "node:crypto";
import { existsSync } from "node:fs";
import { readFile, rename, rm, writeFile } from "node:fs/promises";

import { pause, type Clock } from "../lib/clock.ts";
import { messageOf, SyncError } from "../lib/errors.ts";
import type { Log } from "../lib/log.ts";
import { loadClientTls, type ClientTls } from "../wire/tls.ts";
import { makeSigningRequest } from "./signing-request.ts";

/** Where they are, and how they are read again. */
export interface CredentialFiles {
  /** The `gateway_security` block, its folder made absolute, and its name. */
  readonly block: unknown;
  readonly setting: string;
  readonly certPath: string;
  readonly keyPath: string;
}

/** How often the files are looked at, ms. */
const LOOK_MS = 30_000;
/** The gateway renews in the last third of a certificate's life. */
const RENEWED_AT_REST = 3;
/** What a renewal writes before it takes the old files' places. */
const DRAFT = ".new";

/** Holds what connections are made with. */
export class Credentials {
  readonly #files: CredentialFiles;
  #current: ClientTls;
  #pendingKeyPem: string | undefined;
  #renewed = Promise.withResolvers<void>();

  constructor(files: CredentialFiles, current: ClientTls) {
    this.#files = files;
    this.#current = current;
  }

  /** For the next connection. */
  get current(): ClientTls {
    return this.#current;
  }

  /** When the certificate in use ends. */
  get endMs(): number {
    return new X509Certificate(this.#current.chainPem).validToDate.getTime();
  }

  /** Whether so little of its life is left that the gateway that issued it renews it. */
  isDueAt(nowMs: number): boolean {
    const { validFromDate, validToDate } = new X509Certificate(this.#current.chainPem);
    const lifeMs = validToDate.getTime() - validFromDate.getTime();
    return validToDate.getTime() - nowMs < lifeMs / RENEWED_AT_REST;
  }

  /** Resolves with the next certificate that is put in place here. */
  get renewed(): Promise<void> {
    return this.#renewed.promise;
  }

  /** Looks at the files until the signal aborts; `onChange` hears of every set that is good and new. */
  async watch({
    clock,
    log,
    signal,
    onChange,
  }: {
    readonly clock: Clock;
    readonly log: Log;
    readonly signal: AbortSignal;
    readonly onChange: () => void;
  }): Promise<void> {
    for (
      await pause(clock, LOOK_MS, signal);
      !signal.aborted;
      await pause(clock, LOOK_MS, signal)
    ) {
      try {
        if (await this.reload()) onChange();
      } catch (thrown) {
        // Half written, or wrong: the ones in use go on.
        log.warn({ error: messageOf(thrown) }, "certificates were not taken over");
      }
    }
  }

  /** Reads the files again. True if they changed; throws ConfigError where they do not belong together. */
  async reload(): Promise<boolean> {
    const next = await loadClientTls(this.#files.block, this.#files.setting);
    const before = this.#current;
    this.#current = next;
    return (
      next.chainPem !== before.chainPem ||
      next.privateKeyPem !== before.privateKeyPem ||
      next.caPem !== before.caPem
    );
  }

  /** Makes a new key and the request to certify it. The key is kept in memory until its certificate comes. */
  async requestRenewal(): Promise<string> {
    const name = new X509Certificate(this.#current.chainPem).subject;
    const { privateKeyPem, signingRequest } = await makeSigningRequest(commonNameOf(name));
    this.#pendingKeyPem = privateKeyPem;
    return signingRequest;
  }

  /** Puts the certificate of the newest request in place, with its key. Throws where it is not that. */
  async install(chainPem: string): Promise<void> {
    const keyPem = this.#pendingKeyPem;
    if (keyPem === undefined) throw refused("no renewal was asked for since the agent started");
    if (!isPair(chainPem, keyPem)) throw refused("the certificate is not for the new key");
    const { certPath, keyPath } = this.#files;
    await writeFile(`${keyPath}${DRAFT}`, keyPem, { mode: 0o600, flush: true });
    await writeFile(`${certPath}${DRAFT}`, chainPem, { mode: 0o644, flush: true });
    await finishRenewal(this.#files);
    this.#pendingKeyPem = undefined;
    await this.reload();
    this.#renewed.resolve();
    this.#renewed = Promise.withResolvers();
  }
}

function refused(message: string): SyncError {
  return new SyncError("renewal_refused", message, { retry: "permanent" });
}

function commonNameOf(subject: string): string {
  return /^CN=(.*)$/m.exec(subject)?.[1] ?? "agent";
}

/**
 * Two files cannot be replaced at once, so both lie ready before the first is: wherever a renewal was cut off, the next start
 * ends it. Drafts that belong to nothing are removed.
 */
export async function finishRenewal({
  certPath,
  keyPath,
}: Pick<CredentialFiles, "certPath" | "keyPath">): Promise<void> {
  const [certDraft, keyDraft] = [`${certPath}${DRAFT}`, `${keyPath}${DRAFT}`];
  if (!existsSync(certDraft)) {
    await rm(keyDraft, { force: true });
    return;
  }
  const chainPem = await readFile(certDraft, "utf8");
  const isKeyReady = existsSync(keyDraft) && isPair(chainPem, await readFile(keyDraft, "utf8"));
  if (isKeyReady) await rename(keyDraft, keyPath);
  if (isPair(chainPem, await readFile(keyPath, "utf8"))) await rename(certDraft, certPath);
  else await rm(certDraft);
}

function isPair(chainPem: string, keyPem: string): boolean {
  try {
    return new X509Certificate(chainPem).checkPrivateKey(createPrivateKey(keyPem));
  } catch {
    return false;
  }
}
