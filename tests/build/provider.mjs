// The certified provider of OpenID Connect `oidc-provider`, on 127.0.0.1, with a sign-in page that has one field and no password.
// It prints its address when it serves. The accounts, and their acr and amr, are what the field says: "mark", "mark weak".
import { createServer } from "node:http";
import { Provider, interactionPolicy } from "oidc-provider";

const { CLIENT_ID, CLIENT_SECRET, CALLBACK, SAID } = process.env;
const server = createServer();
server.listen(0, "127.0.0.1", () => {
  const issuer = `http://127.0.0.1:${server.address().port}`;
  const { base } = interactionPolicy;
  const policy = base();
  policy.remove("consent"); // there is one client, and it is our own
  const provider = new Provider(issuer, {
    clients: [{ client_id: CLIENT_ID, client_secret: CLIENT_SECRET, redirect_uris: [CALLBACK], require_auth_time: true }],
    acrValues: ["strong", "weak"],
    claims: { openid: ["sub", "amr"], acr: null, amr: null, auth_time: null },
    conformIdTokenClaims: false,
    cookies: { keys: ["of a test"] },
    features: { devInteractions: { enabled: false } },
    findAccount: (_, sub) => ({ accountId: sub, claims: () => ({ sub }) }),
    async loadExistingGrant(ctx) {
      const grant = new ctx.oidc.provider.Grant({ clientId: ctx.oidc.client.clientId, accountId: ctx.oidc.session.accountId });
      grant.addOIDCScope("openid");
      await grant.save();
      return grant;
    },
    interactions: { policy, url: (_, { uid }) => `/interaction/${uid}` },
    pkce: { required: () => true },
  });
  const serve = provider.callback();
  server.on("request", async (request, response) => {
    if (!request.url.startsWith("/interaction/")) return serve(request, response);
    if (request.method === "GET") {
      response.setHeader("Content-Type", "text/html; charset=utf-8");
      return response.end(
        '<!doctype html><title>Provider</title><form method="post"><input name="account" autofocus><button name="do" value="sign-in">Sign in</button><button name="do" value="cancel">Cancel</button></form>',
      );
    }
    let body = "";
    for await (const part of request) body += part;
    const form = new URLSearchParams(body);
    const [accountId, acr = "strong"] = form.get("account").split(" ");
    const signedIn = { login: { accountId, acr, amr: acr === "strong" ? ["pwd", "otp"] : ["pwd"], remember: true } };
    const result = form.get("do") === "cancel" ? { error: "access_denied", error_description: "CANARY-SAID" } : signedIn;
    await provider.interactionFinished(request, response, result, { mergeWithLastSubmission: false });
  });
  console.log(issuer);
});
