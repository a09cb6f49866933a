// Stands where Cloudflare's mail service is bound: passes on what it is given to CONTROL over HTTP, and does what the answer says.
// A JSON object is the result; `throw CODE words` is an error as the service throws them; `lose` is one of the platform's, without
// a code; `hang` is no answer at all.

/** @param {{ CONTROL: string }} env */
export default function service(env) {
  return {
    /** @param {unknown} message */
    async send(message) {
      const asked = await fetch(env.CONTROL, { method: "POST", body: JSON.stringify(message) });
      const answer = await asked.text();
      const [word, code, ...words] = answer.split(" ");
      if (word === "throw") throw Object.assign(new Error(words.join(" ")), { code });
      if (word === "lose") throw new Error("the connection was lost");
      // A promise that nothing could ever keep would be noticed, and be an error of its own.
      if (word === "hang") await fetch(`${env.CONTROL}never`);
      return JSON.parse(answer);
    },
  };
}
