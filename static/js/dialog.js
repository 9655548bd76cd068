// Dialogs in place. <a href="URL" data-dialog> (or a form's submit button with data-dialog) asks for the URL with the
// header X-Requested-With: dialog and shows the answer in a native <dialog>; forms inside it are sent the same way. An
// answer with X-Dialog-Location leaves the dialog; HTML replaces its content. Without this script these are plain pages.
// The document gets the event "dialog:shown" after each change of the content.
(() => {
  "use strict";
  if (!window.HTMLDialogElement) return;

  const SORRY = {
    400: "提交的内容太多或无法识别，什么也没有保存。请减少附件后重试。",
    403: "您没有这项操作的权限，或页面已过期。请关闭后刷新页面再试。",
    404: "该内容不存在或已被删除。请关闭后刷新页面查看。",
    413: "上传的文件太大，请减少文件后重试。",
  };
  const SLOW = 250; // milliseconds
  const NO_ANSWER = "没有连上服务器，什么也没有改变。请检查网络后重试。";
  const LOGGED_OUT = "登录已失效，已填写的内容仍在。请先登录，再回到这里重新点击按钮：";
  const FAILED = "系统暂时出错了，操作可能没有保存。请稍后重试。";

  let box = null; // the <dialog>
  let opener = null; // gets the focus back
  let address = ""; // the URL of the content
  let isTyped = false; // closing would lose typed text
  let turn = 0; // the number of the last request; answers to older ones are dropped
  let waiting = 0; // the timer that opens an empty dialog if the answer is slow

  function build() {
    const dialog = document.createElement("dialog");
    dialog.className = "dialog";
    dialog.setAttribute("aria-labelledby", "dialog-title");
    dialog.addEventListener("cancel", (event) => {
      if (event.target !== dialog) return;
      event.preventDefault();
      askToClose();
    });
    // A second Esc closes a dialog even if the cancel event is prevented.
    dialog.addEventListener("keydown", (event) => {
      if (event.key !== "Escape" || event.target.closest("dialog") !== dialog) return;
      event.preventDefault();
      askToClose();
    });
    dialog.addEventListener("close", (event) => {
      if (event.target === dialog) forget();
    });
    dialog.addEventListener("input", (event) => {
      if (event.target.form?.method === "post") isTyped = true;
    });
    document.body.append(dialog);
    return dialog;
  }

  function forget() {
    turn += 1;
    box.replaceChildren();
    isTyped = false;
    if (opener?.isConnected) opener.focus();
  }

  // --- Closing -----------------------------------------------------------------------------------
  function askToClose() {
    if (!isTyped) {
      box.close();
      return;
    }
    const question = document.createElement("dialog");
    question.className = "dialog dialog-small";
    question.setAttribute("aria-labelledby", "close-question");
    question.innerHTML = `
      <div class="dialog-body"><p class="confirm-sentence"><i class="bi bi-question-circle-fill" aria-hidden="true"></i>
        <span id="close-question">已填写的内容还没有保存，关闭后会丢失。要关闭吗？</span></p></div>
      <div class="dialog-foot">
        <button type="button" class="btn btn-outline-danger" value="leave">不保存，关闭</button>
        <button type="button" class="btn btn-outline-primary" value="stay" autofocus>继续填写</button>
      </div>`;
    question.addEventListener("click", (event) => {
      const choice = event.target.closest("button")?.value;
      if (!choice) return;
      question.close();
      if (choice === "leave") box.close();
    });
    question.addEventListener("close", (event) => {
      event.stopPropagation();
      question.remove();
    });
    document.body.append(question);
    question.showModal();
  }

  // --- Showing -----------------------------------------------------------------------------------
  function head(title) {
    return `<header class="dialog-head"><h2 class="dialog-title" id="dialog-title" tabindex="-1">${title}</h2>
      <button type="button" class="dialog-x" data-dialog-close aria-label="关闭"><i class="bi bi-x-lg" aria-hidden="true"></i></button></header>`;
  }

  function open(from) {
    box ??= build();
    if (box.open) return;
    opener = from;
    clearTimeout(waiting);
    // A quick answer opens at its own size, without a flash of an empty dialog.
    waiting = setTimeout(() => {
      box.innerHTML = `${head("请稍候")}<div class="dialog-body"><p class="dialog-wait" role="status">正在打开…</p></div>`;
      box.showModal();
    }, SLOW);
  }

  // Returns a selector that finds the focused element again after the content is replaced.
  function focused() {
    const element = box.contains(document.activeElement) ? document.activeElement : null;
    if (!element) return "";
    if (element.dataset.code) return `[data-code="${CSS.escape(element.dataset.code)}"]`;
    // Page links are found by their label.
    const name = ["id", "rel", "aria-label"].find((attribute) => element.getAttribute(attribute));
    return name ? `[${name}="${CSS.escape(element.getAttribute(name))}"]` : "";
  }

  function show(html) {
    const before = focused();
    clearTimeout(waiting);
    box.innerHTML = html;
    if (!box.open) box.showModal();
    prepareBody(box.querySelector(".dialog-body"));
    document.dispatchEvent(new CustomEvent("dialog:shown", { detail: { dialog: box } }));
    const first =
      box.querySelector("[data-error-summary]") ||
      box.querySelector("[autofocus]") ||
      (before && [...box.querySelectorAll(before)].find((one) => one.checkVisibility())) ||
      box.querySelector("#dialog-title");
    first?.focus();
  }

  function prepareBody(body) {
    if (!body) return;
    body.scrollTo(0, 0);
    // A long text without links needs the focus to be scrolled by keys.
    const isLong = body.scrollHeight > body.clientHeight;
    if (isLong && !body.querySelector("a[href], button, select, textarea, input:not([type=hidden])")) body.tabIndex = 0;
  }

  function showProblem(sentence, link = null) {
    const body = box.querySelector(".dialog-body");
    if (!body || body.querySelector(".dialog-wait")) {
      show(`${head("没有打开")}<div class="dialog-body"><p class="confirm-sentence confirm-danger" role="alert">${sentence}</p></div>`);
      return;
    }
    body.querySelector("[data-complaint]")?.remove();
    const alert = document.createElement("div");
    alert.className = "message message-error";
    alert.dataset.complaint = "";
    alert.setAttribute("role", "alert");
    alert.innerHTML = '<i class="bi bi-exclamation-triangle-fill" aria-hidden="true"></i><p></p>';
    alert.querySelector("p").textContent = sentence;
    if (link) alert.querySelector("p").append(link);
    body.prepend(alert);
    body.scrollTo(0, 0);
  }

  function leaveFor(url) {
    isTyped = false;
    const target = new URL(url, location.href);
    const isHere = target.pathname === location.pathname && target.search === location.search;
    location.assign(target);
    // The browser does not load a URL again that differs in its fragment only.
    if (isHere && target.hash) location.reload();
  }

  // --- Asking the server -------------------------------------------------------------------------
  async function ask(url, options = {}) {
    turn += 1;
    const mine = turn;
    box.setAttribute("aria-busy", "true");
    try {
      const asked = { ...options, headers: { "X-Requested-With": "dialog" }, credentials: "same-origin" };
      const answer = await (window.uploads?.hasFiles(options.body) ? window.uploads.send(url, asked) : fetch(url, asked));
      const html = await answer.text();
      if (mine !== turn) return false;
      return handleAnswer(answer, html, url, options.method === "POST");
    } catch {
      if (mine === turn) showProblem(NO_ANSWER);
      return false;
    } finally {
      if (mine === turn) box.removeAttribute("aria-busy");
    }
  }

  // Returns a link to log in in another window, so that the typed text stays here.
  function logInBeside(url) {
    const link = document.createElement("a");
    link.href = new URL(url).pathname;
    link.target = "_blank";
    link.textContent = "在新窗口登录";
    return link;
  }

  // Shows the answer; returns true if the browser leaves for another page.
  function handleAnswer(answer, html, url, isAnswerToPost) {
    // A POST is answered by X-Dialog-Location or HTML; an ordinary redirect leads to the log-in page.
    if (isAnswerToPost && answer.redirected && answer.ok) {
      showProblem(LOGGED_OUT, logInBeside(answer.url));
      return false;
    }
    const elsewhere = answer.headers.get("X-Dialog-Location");
    if (elsewhere || answer.redirected || /^\s*<!doctype/i.test(html)) {
      if (!answer.ok && !elsewhere) {
        showProblem(SORRY[answer.status] || FAILED);
        return false;
      }
      leaveFor(elsewhere || answer.url);
      return true;
    }
    if (!answer.ok) {
      showProblem(SORRY[answer.status] || FAILED);
      return false;
    }
    address = new URL(url, location.href).href;
    if (!isAnswerToPost) isTyped = false;
    show(html);
    return false;
  }

  function load(url, from) {
    open(from);
    ask(url);
  }

  // --- Links and forms -----------------------------------------------------------------------------
  const base = (element) => (box?.contains(element) ? address : location.href);

  function isPlainClick(event) {
    return event.button === 0 && !event.ctrlKey && !event.metaKey && !event.shiftKey && !event.altKey;
  }

  document.addEventListener("click", (event) => {
    if (event.defaultPrevented) return;
    const closing = event.target.closest("dialog [data-dialog-close]");
    if (closing) {
      event.preventDefault();
      askToClose();
      return;
    }
    const link = event.target.closest("a[href]");
    if (!link || !isPlainClick(event) || link.target || link.hasAttribute("download")) return;
    const href = link.getAttribute("href");
    if (href.startsWith("#")) return;
    const url = new URL(href, base(link));
    const staysInside = box?.contains(link) && url.origin === location.origin && url.pathname === new URL(address).pathname;
    if (!link.hasAttribute("data-dialog") && !staysInside) return;
    event.preventDefault();
    load(url.href, link);
  });

  document.addEventListener("submit", (event) => {
    const form = event.target;
    const button = event.submitter;
    const isInside = box?.contains(form);
    if (event.defaultPrevented || !(isInside || button?.hasAttribute("data-dialog") || form.hasAttribute("data-dialog"))) return;
    event.preventDefault();
    if (form.dataset.sent) return;
    send(form, button);
  }, true);

  async function send(form, button) {
    const method = button?.getAttribute("formmethod") || form.getAttribute("method") || "get";
    const action = button?.getAttribute("formaction") || form.getAttribute("action") || "";
    const url = new URL(action || base(form), base(form));
    const data = new FormData(form, button);
    open(button || form);
    if (method.toLowerCase() === "get") {
      data.delete("csrfmiddlewaretoken"); // a form that also posts has it; it must not be in a URL
      url.search = new URLSearchParams(data).toString();
      await ask(url.href);
      return;
    }
    // After a log-in in another window the token of the page is outdated.
    const token = document.cookie.match(/(?:^|; )csrftoken=([^;]+)/)?.[1];
    if (token) data.set("csrfmiddlewaretoken", token);
    const release = hold(form, button);
    const isLeaving = await ask(url.href, { method: "POST", body: data });
    if (!isLeaving) release();
  }

  // Prevents a second submission until the answer is there, and marks the button; returns a function that undoes both.
  function hold(form, button) {
    const buttons = [...form.elements].filter((one) => one.type === "submit");
    form.dataset.sent = "yes";
    for (const one of buttons) one.disabled = true;
    button?.classList.add("is-sending");
    return () => {
      delete form.dataset.sent;
      for (const one of buttons) one.disabled = false;
      button?.classList.remove("is-sending");
    };
  }

  // A page from the back/forward cache shows a finished dialog above outdated rows.
  window.addEventListener("pageshow", (event) => {
    if (event.persisted && box?.open) location.reload();
  });
  window.addEventListener("beforeunload", (event) => {
    if (isTyped) event.preventDefault();
  });
})();
