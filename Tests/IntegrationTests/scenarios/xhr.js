// As much of a browser's XMLHttpRequest as the official client needs for long-polling, over Node's fetch.
class XMLHttpRequest {
  readyState = 0;
  status = 0;
  responseText = "";
  withCredentials = false;
  #request = { headers: {} };
  #stop = new AbortController();

  open(method, url) {
    this.#request.method = method;
    this.url = url;
  }

  setRequestHeader(name, value) {
    this.#request.headers[name] = value;
  }

  async send(body) {
    try {
      const answer = await fetch(this.url, { ...this.#request, body, signal: this.#stop.signal });
      this.responseText = await answer.text();
      this.status = answer.status;
    } catch {
      this.status = 0;
    }
    this.readyState = 4;
    this.onreadystatechange?.();
  }

  abort() {
    this.#stop.abort();
  }
}

globalThis.XMLHttpRequest = XMLHttpRequest;
