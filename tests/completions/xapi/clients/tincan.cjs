// Sends statements with tincanjs. Arguments: endpoint, token, a statement or a list as JSON. Prints the status of the answer.
const TinCan = require("tincanjs");
const [endpoint, token, content] = process.argv.slice(2);
const lrs = new TinCan.LRS({ endpoint, username: "platform", password: token, allowFail: false });
const sent = JSON.parse(content);
const callback = (error, response) => {
  console.log(JSON.stringify({ error, status: response.status, text: response.responseText }));
};
if (Array.isArray(sent)) {
  lrs.saveStatements(sent.map((statement) => new TinCan.Statement(statement)), { callback });
} else {
  lrs.saveStatement(new TinCan.Statement(sent), { callback });
}
