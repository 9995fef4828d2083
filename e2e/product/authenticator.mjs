// An authenticator inside the machine, as far as a page can tell: it makes passkeys and asks nobody.

export class Authenticator {
  #page;
  #session;
  #authenticatorId;

  /** Gives one to a page; `prf` says whether its passkeys give secrets. */
  static async of(page, { prf = true } = {}) {
    const authenticator = new Authenticator();
    authenticator.#page = page;
    authenticator.#session = await page.context().newCDPSession(page);
    await authenticator.#session.send('WebAuthn.enable');
    const { authenticatorId } = await authenticator.#session.send('WebAuthn.addVirtualAuthenticator', {
      options: {
        protocol: 'ctap2',
        ctap2Version: 'ctap2_1',
        transport: 'internal',
        hasResidentKey: true,
        hasUserVerification: true,
        hasPrf: prf,
        automaticPresenceSimulation: true,
        isUserVerified: true,
      },
    });
    authenticator.#authenticatorId = authenticatorId;
    return authenticator;
  }

  /** Has the person break off the next time it is asked for a secret. */
  async breakOffNext() {
    await this.#page.evaluate(() => {
      navigator.credentials.get = async () => {
        delete navigator.credentials.get;
        throw new DOMException('broken off', 'NotAllowedError');
      };
    });
  }

  /** How many passkeys it holds. */
  async count() {
    return (await this.#send('getCredentials')).credentials.length;
  }

  /** Loses its passkeys. */
  async forget() {
    await this.#send('clearCredentials');
  }

  async #send(what) {
    return this.#session.send(`WebAuthn.${what}`, { authenticatorId: this.#authenticatorId });
  }
}
