/** The `oauth` of a server entry: the foreign spellings of it, and its values once they are read and checked. */
import { type Static, type TLiteral, Type } from "@sinclair/typebox";
import { describe, nodeAt } from "./document.ts";
import type { Expander, Place, Surroundings } from "./expander.ts";
import type { Faults, KeyPath } from "./fault.ts";
import type { Field, Fields } from "./fields.ts";
import type { OAuthSettings } from "./types.ts";

export const oauthGrants = ["authorization_code", "client_credentials"] as const;
type Grants = [TLiteral<"authorization_code">, TLiteral<"client_credentials">];

export const OAuthSection = Type.Object(
  {
    grant: Type.Optional(
      // `map` forgets that it yields one literal for each name, in order; Grants says it again.
      Type.Union(oauthGrants.map((name) => Type.Literal(name)) as unknown as Grants, {
        default: "authorization_code",
        description:
          "`authorization_code`: a person signs in, with `gateway login`. `client_credentials`: the gateway itself does, with `clientId` and `clientSecret` or `privateKey`.",
      }),
    ),
    clientId: Type.Optional(
      Type.String({
        minLength: 1,
        description:
          "The client's id at the authorization server, for one that registers none by itself. When left out, the gateway registers itself.",
      }),
    ),
    clientSecret: Type.Optional(
      Type.String({
        minLength: 1,
        description: `The secret that belongs to \`clientId\`, if it has one; best as \`\${VAR}\` or \`\${file:path}\`.`,
      }),
    ),
    privateKey: Type.Optional(
      Type.String({
        minLength: 1,
        description:
          "For `client_credentials`, in place of `clientSecret`: the key (RSA or EC, PKCS #8, PEM) with which the client proves who it is.",
      }),
    ),
    clientMetadataUrl: Type.Optional(
      Type.String({
        minLength: 1,
        description:
          "The https address of a client ID metadata document of your own. It is the client's id where the authorization server takes such documents.",
      }),
    ),
    scopes: Type.Optional(
      Type.Array(Type.String({ minLength: 1 }), {
        description: "What to ask for, in place of what the server names.",
        examples: [["read", "write"]],
      }),
    ),
    issuer: Type.Optional(
      Type.String({
        minLength: 1,
        description:
          "The authorization server to sign in at, whatever the server names. Good to set beside `clientSecret` or `privateKey`: they go nowhere else then.",
        examples: ["https://auth.example.com"],
      }),
    ),
    redirectUri: Type.Optional(
      Type.String({
        minLength: 1,
        description:
          "Where the browser comes back to, exactly as it was registered for `clientId`: http, on this machine, with a port.",
        examples: ["http://localhost:8085/callback"],
      }),
    ),
  },
  {
    additionalProperties: false,
    description:
      "How to sign in at the server (docs/sign-in.md). Not needed by most: what is left out is found out. `false`: never sign in.",
  },
);
export type OAuthSection = Static<typeof OAuthSection>;

/** What others write for our words. */
const words: ReadonlyMap<string, string> = new Map([
  ["CLIENT_ID", "clientId"],
  ["CLIENT_SECRET", "clientSecret"],
  ["client_id", "clientId"],
  ["client_secret", "clientSecret"],
  ["scope", "scopes"],
  ["callbackPort", "redirectUri"],
  ["callbackUrl", "redirectUri"],
]);

/** Known elsewhere; said aloud that it does nothing here. */
const idleWords: ReadonlyMap<string, string> = new Map([
  ["enabled", "Write `false` in place of the section to switch it off."],
  ["autoRegister", "The gateway registers itself where no clientId is given."],
  ["authServerMetadataUrl", "Write issuer, the authorization server itself."],
  ["authorizationUrl", "It is found by discovery; issuer names the authorization server."],
  ["tokenUrl", "It is found by discovery; issuer names the authorization server."],
]);

/** Puts our own words in place of foreign ones; `fields` is changed. */
export function translateOAuth(fields: Map<string, Field>, path: KeyPath, faults: Faults): void {
  const field = fields.get("oauth");
  const value = field?.value;
  if (field?.key === "auth" && typeof value === "string") {
    // FastMCP's word for what holds anyway; its other word is a token.
    if (value !== "oauth")
      faults.warn(field.node.offset, [...path, "auth"], "has no effect here. Write headers.");
    fields.delete("oauth");
    return;
  }
  if (field === undefined || typeof value !== "object" || value === null || Array.isArray(value)) return;
  const translated: Record<string, unknown> = {};
  for (const [key, inner] of Object.entries(value)) {
    const advice = idleWords.get(key);
    const place = [...path, field.key, key];
    if (advice !== undefined) {
      faults.warn(nodeAt(field.node, [key]).offset, place, `has no effect here. ${advice}`);
      continue;
    }
    const own = words.get(key) ?? key;
    if (own !== key && Object.hasOwn(value, own))
      faults.fault(nodeAt(field.node, [key]).offset, place, `is the same as "${own}". Keep "${own}" only.`);
    translated[own] = ownValue(key, own, inner);
  }
  fields.set("oauth", { ...field, value: translated });
}

function ownValue(key: string, own: string, value: unknown): unknown {
  if (own === "scopes" && typeof value === "string") return value.split(/\s+/).filter((one) => one !== "");
  if (key === "callbackPort" && typeof value === "number") return `http://localhost:${value}/callback`;
  return value;
}

export interface OAuthQuestion {
  /** As it stood in the file, `false` included. */
  readonly field: Field | undefined;
  readonly section: OAuthSection | undefined;
  readonly path: KeyPath;
  readonly expander: Expander;
  readonly around: Surroundings;
  /** Its `${…}` are put in. */
  readonly isActive: boolean;
}

/** @returns undefined: never sign in */
export function readOAuth(question: OAuthQuestion): OAuthSettings | undefined {
  const { field, section = {}, expander, around, isActive } = question;
  if (field?.value === false) return undefined;
  const at = (key: string): Place => placeOf(question, key);
  const one = (key: Exclude<keyof OAuthSection, "grant" | "scopes">): string | undefined => {
    const text = section[key];
    const value = text === undefined ? undefined : expander.expand(text, at(key))?.trim();
    if (!isActive || value !== "") return value;
    around.faults.fault(at(key).offset, at(key).path, `is empty once its \${…} are put in.`);
    return undefined;
  };
  const settings: OAuthSettings = {
    grant: section.grant ?? "authorization_code",
    clientId: one("clientId"),
    clientSecret: one("clientSecret"),
    privateKey: one("privateKey"),
    clientMetadataUrl: one("clientMetadataUrl"),
    scopes: section.scopes?.map((scope) => expander.expand(scope, at("scopes")) ?? ""),
    issuer: one("issuer"),
    redirectUri: one("redirectUri"),
  };
  for (const key of ["clientSecret", "privateKey"] as const)
    if (settings[key] !== undefined) around.secrets.named(key, settings[key]);
  if (isActive) checkOAuth(settings, question);
  return settings;
}

function placeOf({ field, path }: OAuthQuestion, key: string): Place {
  const node = field === undefined ? undefined : nodeAt(field.node, [key]);
  return { offset: node?.offset ?? 0, path: [...path, field?.key ?? "oauth", key] };
}

function checkOAuth(settings: OAuthSettings, question: OAuthQuestion): void {
  const { faults } = question.around;
  const fault = (key: string, message: string): void => {
    const { offset, path } = placeOf(question, key);
    faults.fault(offset, path, message);
  };
  const { clientId, clientSecret, privateKey, clientMetadataUrl, issuer, redirectUri, scopes } = settings;
  if (clientId === undefined && (clientSecret !== undefined || privateKey !== undefined))
    fault(clientSecret === undefined ? "privateKey" : "clientSecret", 'needs "clientId", whose it is.');
  if (settings.grant === "client_credentials") {
    if (clientId === undefined || (clientSecret === undefined && privateKey === undefined))
      fault("grant", 'needs "clientId" and "clientSecret" or "privateKey": nobody is asked there.');
  } else if (privateKey !== undefined) fault("privateKey", 'needs "grant": "client_credentials".');
  if (clientMetadataUrl !== undefined && !isDocumentAddress(clientMetadataUrl))
    fault("clientMetadataUrl", "must be an https address with a path.");
  if (issuer !== undefined && !isServerAddress(issuer))
    fault("issuer", "must be an https address (http on this machine only), without query and fragment.");
  if (redirectUri !== undefined && !isCallbackAddress(redirectUri))
    fault(
      "redirectUri",
      "must be http on localhost or 127.0.0.1, with a port. Write http://localhost:8085/callback.",
    );
  // The characters of a scope (RFC 6749 section 3.3).
  if (scopes?.some((scope) => !/^[\x21\x23-\x5b\x5d-\x7e]+$/.test(scope)) === true)
    fault("scopes", "must be words of visible ASCII characters without quotes and backslashes.");
}

function isDocumentAddress(text: string): boolean {
  return URL.canParse(text) && new URL(text).protocol === "https:" && new URL(text).pathname !== "/";
}

const loopbackNames = ["localhost", "127.0.0.1", "[::1]"];

function isServerAddress(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, hostname, search, hash, username, password } = new URL(text);
  const isSafe = protocol === "https:" || (protocol === "http:" && loopbackNames.includes(hostname));
  return isSafe && search === "" && hash === "" && username === "" && password === "";
}

function isCallbackAddress(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, hostname, port, search, hash, username, password } = new URL(text);
  const isPlain = search === "" && hash === "" && username === "" && password === "";
  return protocol === "http:" && loopbackNames.includes(hostname) && port !== "" && port !== "0" && isPlain;
}

/** `true` says what holds anyway; anything but a section or a boolean is no answer. @returns the fields to check */
export function withoutSwitch(fields: Fields, path: KeyPath, faults: Faults): Fields {
  const field = fields.get("oauth");
  if (field === undefined || field.node.type === "object") return fields;
  if (typeof field.value !== "boolean")
    faults.fault(
      field.node.offset,
      [...path, field.key],
      `must be an object or false; found ${describe(field.node)}.`,
    );
  return new Map([...fields].filter(([key]) => key !== "oauth"));
}
