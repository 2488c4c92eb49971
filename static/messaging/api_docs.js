// The page of the API: the packaged viewer, with every call signed here as a program signs it. Key and secret
// are read from their fields when a call is made, and live nowhere else.
(() => {
  "use strict";

  const field = (id) => document.getElementById(id).value.trim();
  const place = document.getElementById("swagger-ui");
  const services = /\/services\//;

  const base64 = (bytes) => btoa(String.fromCharCode(...new Uint8Array(bytes)));

  async function signature(secret, text) {
    const encoder = new TextEncoder();
    const algorithm = { name: "HMAC", hash: "SHA-256" };
    const key = await crypto.subtle.importKey("raw", encoder.encode(secret), algorithm, false, ["sign"]);
    return base64(await crypto.subtle.sign("HMAC", key, encoder.encode(text)));
  }

  async function signed(request) {
    const url = new URL(request.url, window.location.href);
    const [key, secret] = [field("access-key"), field("secret-key")];
    const isOurs = url.origin === window.location.origin && services.test(url.pathname);
    if (!isOurs || !key || !secret || !crypto.subtle) return request;
    const timestamp = String(Date.now());
    const target = url.pathname + url.search;
    const text = `${request.method.toUpperCase()} ${target}\n${timestamp}\n${key}`;
    request.url = url.href;
    request.headers["x-ncp-apigw-timestamp"] = timestamp;
    request.headers["x-ncp-iam-access-key"] = key;
    request.headers["x-ncp-apigw-signature-v2"] = await signature(secret, text);
    return request;
  }

  document.getElementById("no-signing").hidden = Boolean(window.crypto && crypto.subtle);
  SwaggerUIBundle({
    url: place.dataset.description,
    domNode: place,
    presets: [SwaggerUIBundle.presets.apis],
    layout: "BaseLayout",
    deepLinking: true,
    validatorUrl: null,
    persistAuthorization: false,
    requestInterceptor: signed,
  });
})();
