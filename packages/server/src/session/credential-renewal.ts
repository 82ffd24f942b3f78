import { CloseCode, CloseError } from "@symbolon/protocol";
import type { Clock } from "../timing/clock.ts";
import type { Identity, RenewIdentity } from "../request/identity.ts";

/** A fresh credential is asked for so long before the old one ends, in ms, or a fifth of its life when that is shorter. */
const ahead = 60_000;
/** A credential that was asked for may be so late, in ms. */
const patience = 5_000;

/** What a renewal needs of the client. */
export interface RenewalOptions {
  /** Who it is: nobody else's credential is taken. */
  readonly principal: string | undefined;
  /** Asks it for a fresh credential; in `by` ms the old one ends. */
  readonly requestToken: (by: number) => void;
  /** It has none that is taken. */
  readonly onRefused: (error: CloseError) => void;
}

/** Asks a client for a fresh credential before the one that it has ends. */
export class CredentialRenewal {
  readonly #clock: Clock;
  readonly #options: RenewalOptions;
  #renew: RenewIdentity | undefined;
  #asked = false;
  #stop = (): void => {};

  constructor(clock: Clock, options: RenewalOptions) {
    this.#clock = clock;
    this.#options = options;
  }

  /** The client is here, and hooks have taken its credential; `renew` has them look at another. */
  start({ renew, expiresAt }: Pick<Identity, "expiresAt"> & { readonly renew: RenewIdentity }): void {
    this.stop();
    this.#renew = renew;
    if (expiresAt === undefined) return;
    const life = expiresAt - this.#clock.date;
    this.#stop = this.#clock.at(expiresAt - Math.min(ahead, life / 5), () => {
      this.#asked = true;
      this.#stop = this.#clock.at(expiresAt + patience, () =>
        this.#options.onRefused(new CloseError(CloseCode.Unauthorized, "the credential has ended")),
      );
      this.#options.requestToken(Math.max(1, Math.round(expiresAt - this.#clock.date)));
    });
  }

  /** The client brings a credential: hooks say whose it is, as at the handshake. One that was not asked for is not looked at. */
  async verify(token: string): Promise<void> {
    const renew = this.#renew;
    if (!this.#asked || renew === undefined) return;
    this.stop();
    this.#renew = renew;
    const identity = await renew(token);
    if (renew !== this.#renew) return; // it came back on another wire meanwhile, and was judged there
    if (identity instanceof CloseError) this.#options.onRefused(identity);
    else if (identity.principal !== this.#options.principal)
      this.#options.onRefused(new CloseError(CloseCode.Forbidden, "this is another's credential"));
    else this.start({ ...identity, renew });
  }

  /** The client is away, or gone. */
  stop(): void {
    this.#renew = undefined;
    this.#asked = false;
    this.#stop();
  }
}
