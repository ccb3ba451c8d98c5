/** A person at a browser with cookies, who fills in the forms of a login and of a consent, and submits them. */

export async function signInAndAgree(address: string): Promise<void> {
  const cookies = new Map<string, string>();
  let url = address;
  let init: RequestInit = {};
  for (let steps = 0; steps < 20; steps += 1) {
    const headers = { cookie: [...cookies].map(([name, value]) => `${name}=${value}`).join("; ") };
    const response = await fetch(url, {
      ...init,
      headers: { ...init.headers, ...headers },
      redirect: "manual",
    });
    for (const line of response.headers.getSetCookie()) {
      const [, name = "", value = ""] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
      cookies.set(name, value);
    }
    const location = response.headers.get("location");
    const page = await response.text();
    if (location !== null) {
      url = new URL(location, url).href;
      init = {};
      continue;
    }
    const action = /<form[^>]*action="([^"]+)"/.exec(page)?.[1];
    if (action === undefined) return;
    url = new URL(action.replaceAll("&amp;", "&"), url).href;
    init = { method: "POST", body: fieldsOf(page) };
  }
  throw new Error("the browser was sent round and round");
}

function fieldsOf(page: string): URLSearchParams {
  const fields = new URLSearchParams();
  for (const [input] of page.matchAll(/<input[^>]*>/g)) {
    const name = /name="([^"]*)"/.exec(input)?.[1];
    if (name !== undefined) fields.set(name, /value="([^"]*)"/.exec(input)?.[1] ?? "somebody");
  }
  return fields;
}
