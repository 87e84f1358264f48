// Loaded before an app under test: what it fetches is answered from a variable of its environment.
const answers = new Map(Object.entries(JSON.parse(process.env.FETCH_ANSWERS)))

globalThis.fetch = async (address) => {
  const answer = answers.get(address instanceof Request ? address.url : address.toString())
  return answer === undefined ? new Response('', { status: 404 }) : Response.json(answer)
}
