// Requests of our own pages to our own server.

/** An error in words for people, where the server's are for programs. Same shape. */
export function said(error) {
  if (error?.code !== 'STORE_BUSY') return error;
  return { ...error, text: 'The shop is very busy right now. Nothing was charged or changed; try again in a moment.' };
}

/** Sends JSON; gives `{ok, body}` or `{ok: false, error: {code, text}}`. Never throws. */
export async function call(method, path, body, headers = {}) {
  try {
    const answer = await fetch(path, {
      method,
      headers: { 'Content-Type': 'application/json', ...headers },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
    const json = await answer.json();
    return answer.ok ? { ok: true, body: json } : { ok: false, error: said(json.error) };
  } catch {
    return { ok: false, error: { code: 'UNREACHABLE', text: 'The shop can’t be reached. Check your connection; nothing was charged.' } };
  }
}
