// Files chosen for upload: names, sizes and small pictures below the field, each removable, and progress while they are
// sent. Without this script the browser shows the number of chosen files, and everything else works.
(() => {
  const PICTURES = ["image/jpeg", "image/png", "image/webp"];
  const FIELD = 'input[type="file"]';

  function sizeOf(bytes) {
    return bytes < 1024 * 1024 ? `${Math.ceil(bytes / 1024)} KB` : `${(bytes / 1024 / 1024).toFixed(1)} MB`;
  }

  function listOf(field) {
    const id = `${field.id}_chosen`;
    let list = document.getElementById(id);
    if (!list) {
      list = document.createElement("ul");
      list.id = id;
      list.className = "files chosen-files";
      list.setAttribute("aria-label", "已选择的文件");
      field.after(list);
    }
    return list;
  }

  function iconOf(file) {
    const isPicture = file.type.startsWith("image/") || /\.hei[cf]$/i.test(file.name);
    const icon = document.createElement("i");
    icon.className = `bi ${file.type === "application/pdf" ? "bi-file-earmark-pdf" : isPicture ? "bi-file-earmark-image" : "bi-file-earmark"}`;
    icon.setAttribute("aria-hidden", "true");
    return icon;
  }

  // A small picture, or an icon of what the browser cannot show.
  function pictureOf(file) {
    if (!PICTURES.includes(file.type) || !file.size) return iconOf(file);
    const picture = document.createElement("img");
    picture.className = "thumbnail";
    picture.alt = "";
    picture.src = URL.createObjectURL(file);
    picture.addEventListener("load", () => URL.revokeObjectURL(picture.src), { once: true });
    picture.addEventListener("error", () => picture.replaceWith(iconOf(file)), { once: true });
    return picture;
  }

  function show(field) {
    const list = listOf(field);
    list.replaceChildren(...[...field.files].map((file, place) => lineOf(field, file, place)));
    list.hidden = !field.files.length;
  }

  function lineOf(field, file, place) {
    const line = document.createElement("li");
    line.className = "file";
    const name = document.createElement("span");
    name.className = "file-name";
    name.textContent = file.name;
    const size = document.createElement("span");
    size.className = "file-size";
    size.textContent = file.size ? sizeOf(file.size) : "空文件，请重新选择";
    const button = document.createElement("button");
    button.type = "button";
    button.className = "btn btn-link file-remove";
    button.textContent = "移除";
    button.setAttribute("aria-label", `移除 ${file.name}`);
    button.addEventListener("click", () => remove(field, place));
    line.append(pictureOf(file), name, size, button);
    return line;
  }

  // A camera gives one photograph at a time: files chosen later are added to those chosen before.
  const chosen = new WeakMap();

  function add(field) {
    const same = (one, other) => one.name === other.name && one.size === other.size && one.lastModified === other.lastModified;
    const before = field.multiple ? chosen.get(field) || [] : [];
    const added = [...field.files].filter((file) => !before.some((one) => same(one, file)));
    put(field, [...before, ...added]);
  }

  function put(field, files) {
    const all = new DataTransfer();
    files.forEach((file) => all.items.add(file));
    field.files = all.files;
    chosen.set(field, files);
    show(field);
  }

  // A field's files cannot be changed one by one: the others are put in again.
  function remove(field, place) {
    put(field, [...field.files].filter((_, other) => other !== place));
    const buttons = listOf(field).querySelectorAll("button");
    (buttons[Math.min(place, buttons.length - 1)] || field).focus();
  }

  document.addEventListener("change", (event) => {
    if (event.target.matches(FIELD)) add(event.target);
  });

  // --- Progress -------------------------------------------------------------------------------------
  function barOf(form) {
    let bar = form.querySelector("[data-upload-progress]");
    if (!bar) {
      bar = document.createElement("p");
      bar.className = "upload-progress";
      bar.setAttribute("role", "status");
      bar.dataset.uploadProgress = "";
      bar.append(document.createElement("progress"), document.createElement("span"));
      const field = form.querySelector(FIELD);
      (document.getElementById(`${field.id}_chosen`) || field).after(bar);
      bar.scrollIntoView({ block: "center" });
    }
    return bar;
  }

  function report(bar, share) {
    const progress = bar.querySelector("progress");
    const text = bar.querySelector("span");
    if (share === null) progress.removeAttribute("value");
    else progress.value = share;
    const words = share === null || share === 1 ? "正在处理文件…" : `正在上传 ${Math.floor(share * 10) * 10}%`;
    if (text.textContent !== words) text.textContent = words;
  }

  const hasFiles = (data) => data instanceof FormData && [...data.values()].some((value) => value instanceof File && value.size);

  // Sends a form with files like fetch, and shows the progress in the form; dialog.js uses it.
  function send(url, { body, headers }) {
    return new Promise((resolve, reject) => {
      const form = [...document.forms].find((one) => one.dataset.sent && one.querySelector(FIELD)?.files.length);
      const bar = form && barOf(form);
      const request = new XMLHttpRequest();
      request.open("POST", url);
      for (const [name, value] of Object.entries(headers)) request.setRequestHeader(name, value);
      request.upload.addEventListener("progress", (event) => {
        if (bar && event.lengthComputable) report(bar, event.loaded / event.total);
      });
      request.addEventListener("load", () => {
        bar?.remove();
        resolve({
          ok: request.status >= 200 && request.status < 300,
          status: request.status,
          url: request.responseURL,
          redirected: request.responseURL !== new URL(url, location.href).href,
          headers: { get: (name) => request.getResponseHeader(name) },
          text: async () => request.responseText,
        });
      });
      const fail = () => {
        bar?.remove();
        reject(new TypeError("no answer"));
      };
      request.addEventListener("error", fail);
      request.addEventListener("abort", fail);
      request.send(body);
    });
  }

  // A page that is sent without a dialog: the browser sends it and tells nothing about the progress.
  document.addEventListener("submit", (event) => {
    const field = event.target.querySelector?.(FIELD);
    if (!event.defaultPrevented && field?.files.length && !event.target.closest("dialog")) report(barOf(event.target), null);
  });
  window.addEventListener("pageshow", (event) => {
    if (event.persisted) for (const bar of document.querySelectorAll("[data-upload-progress]")) bar.remove();
  });

  window.uploads = { hasFiles, send };
})();
