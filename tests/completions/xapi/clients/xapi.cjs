// Sends statements with @xapi/xapi. Arguments: endpoint, token, and as JSON a statement, a list, or the statementId and
// actor of one to void. Prints what the client got.
const XAPI = require("@xapi/xapi").default;
const [endpoint, token, content] = process.argv.slice(2);
const client = new XAPI({ endpoint, auth: XAPI.toBasicAuth("platform", token) });
const sent = JSON.parse(content);

function send() {
  if (Array.isArray(sent)) return client.sendStatements({ statements: sent });
  return sent.statementId ? client.voidStatement(sent) : client.sendStatement({ statement: sent });
}

const print = (facts) => console.log(JSON.stringify(facts));
Promise.all([client.getAbout(), send()]).then(
  ([about, answer]) => print({ version: about.data.version, status: answer.status, data: answer.data }),
  (error) => print({ status: error.response?.status, data: error.response?.data, text: String(error) }),
);
