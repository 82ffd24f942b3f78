import { CloseCode, CloseError } from "@symbolon/protocol";
import type { Clock } from "../timing/clock.ts";
import type { SessionOwner } from "./sessions.ts";
import type { Identity, RenewIdentity, Verified } from "../request/identity.ts";

/** How long before its expiry the server asks for a new token, in ms; a fifth of the token's lifetime if that is less. */
const renewalLead = 60_000;
/** How long after the expiry of its token a client may still send a new one, in ms. */
const renewalGrace = 5_000;

/** A session, as its renewal needs it. */
export interface RenewedSession {
  /** Has its principal. A token of another principal is refused; without one every token is. */
  readonly owner: Pick<SessionOwner, "principal">;
  /** Asks the client for a new token; the old one expires in `expiresIn` ms. */
  requestToken(expiresIn: number): void;
  /** The client has sent a valid token; the hooks returned `claims` for it. */
  onRenewed(claims: Verified["claims"]): void;
  /** Called when the client has sent no valid token. */
  onRefused(error: CloseError): void;
}

/** Asks a client for a new token before the old one expires. */
export class CredentialRenewal {
  readonly #clock: Clock;
  readonly #session: RenewedSession;
  #renew: RenewIdentity | undefined;
  #requested = false;
  #cancelTimer: (() => void) | undefined;

  constructor(clock: Clock, session: RenewedSession) {
    this.#clock = clock;
    this.#session = session;
  }

  /** The client has connected with a token that expires at `expiresAt`; `renew` runs the hooks for another token. */
  start({ renew, expiresAt }: Pick<Identity, "expiresAt"> & { readonly renew: RenewIdentity }): void {
    this.stop();
    this.#renew = renew;
    if (expiresAt === undefined) return;
    const expire = (): void =>
      this.#session.onRefused(new CloseError(CloseCode.Unauthorized, "credential expired"));
    if (this.#session.owner.principal === undefined) {
      this.#cancelTimer = this.#clock.at(expiresAt, expire);
      return;
    }
    const life = expiresAt - this.#clock.date;
    this.#cancelTimer = this.#clock.at(expiresAt - Math.min(renewalLead, life / 5), () => {
      this.#requested = true;
      this.#cancelTimer = this.#clock.at(expiresAt + renewalGrace, expire);
      this.#session.requestToken(Math.max(1, Math.round(expiresAt - this.#clock.date)));
    });
  }

  /**
   * Runs the hooks for a token that the client has sent. Ignores a token that the server did not request. Without a
   * principal no token can be compared with the one before, so each is refused.
   */
  async verify(token: string): Promise<void> {
    const renew = this.#renew;
    if (renew !== undefined && this.#session.owner.principal === undefined)
      return this.#session.onRefused(
        new CloseError(
          CloseCode.Forbidden,
          "this session has no principal: connect again with the credential",
        ),
      );
    if (!this.#requested || renew === undefined) return;
    this.stop();
    this.#renew = renew;
    const identity = await renew(token);
    if (renew !== this.#renew) return; // the client has reconnected meanwhile, with a token that hooks have verified
    if (identity instanceof CloseError) this.#session.onRefused(identity);
    else if (identity.principal !== this.#session.owner.principal)
      this.#session.onRefused(
        new CloseError(CloseCode.Forbidden, "the credential belongs to another principal"),
      );
    else {
      this.start({ ...identity, renew });
      this.#session.onRenewed(identity.claims);
    }
  }

  /** The client has disconnected, or the session has ended. */
  stop(): void {
    this.#renew = undefined;
    this.#requested = false;
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
  }
}
