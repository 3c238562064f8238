(function () {
  "use strict";
  var page = JSON.parse(document.getElementById("picture").textContent);
  var panel = document.getElementById("panel-body");
  var find = document.getElementById("find");
  var byId = {};
  page.nodes.forEach(function (node) { byId[node.id] = node; });

  function add(parent, tag, text, className) {
    var element = document.createElement(tag);
    if (text) { element.textContent = text; }
    if (className) { element.className = className; }
    parent.appendChild(element);
    return element;
  }

  function addSource(list, evidence) {
    var source = page.sources[evidence[0] - 1];
    var item = add(list, "li");
    add(item, "b", "[" + source.number + "] ");
    if (source.url) {
      var link = add(item, "a", source.text);
      link.href = source.url;
      link.rel = "noopener noreferrer";
      link.target = "_blank";
    } else {
      add(item, "span", source.text);
    }
    var more = [evidence[2], evidence[3], evidence[1]].filter(Boolean).join(" · ");
    if (more) { add(item, "div", more, "aside"); }
  }

  function addRecords(records) {
    records.forEach(function (record) {
      var box = add(panel, "div", "", "record");
      add(box, "p", record.text);
      var list = add(box, "ul");
      record.evidence.forEach(function (evidence) { addSource(list, evidence); });
      if (!record.evidence.length) { add(box, "p", page.words.none, "aside"); }
    });
  }

  function clear(chosen) {
    panel.textContent = "";
    panel.parentNode.scrollTop = 0;
    document.getElementById("side").className = chosen ? "chosen" : "";
  }

  function showNode(id) {
    var node = byId[id];
    clear(true);
    add(panel, "h3", node.kind + (node.country ? " · " + node.country : ""));
    add(panel, "p").appendChild(document.createElement("b")).textContent = node.name;
    addRecords(node.records);
    var ties = page.edges.filter(function (edge) { return edge.from === id || edge.to === id; });
    add(panel, "h3", page.words.ties);
    var list = add(panel, "ul");
    ties.forEach(function (edge) {
      var item = add(list, "li");
      var button = add(item, "button", edge.text);
      button.type = "button";
      button.addEventListener("click", function () { chooseEdge(edge.id); });
    });
    find.value = id;
  }

  function showEdge(id) {
    var edge = page.edges[id];
    clear(true);
    add(panel, "h3", edge.style);
    add(panel, "p").appendChild(document.createElement("b")).textContent = edge.text;
    addRecords(edge.records);
    find.value = "";
  }

  function showNothing() {
    clear(false);
    add(panel, "p", page.words.hint, "aside");
    find.value = "";
    fade(null);
  }

  function fade(kept) {
    nodes.update(page.nodes.map(function (node) {
      return { id: node.id, opacity: !kept || kept[node.id] ? 1 : 0.15 };
    }));
    edges.update(page.edges.map(function (edge) {
      var near = !kept || (kept[edge.from] && kept[edge.to] && (kept.all || kept.centre === edge.from || kept.centre === edge.to));
      return { id: edge.id, color: { color: edge.color, highlight: edge.color, hover: edge.color, opacity: near ? 1 : 0.12 } };
    }));
    faded = kept;
  }

  function chooseNode(id) {
    var kept = { centre: id };
    kept[id] = true;
    network.getConnectedNodes(id).forEach(function (other) { kept[other] = true; });
    network.selectNodes([id]);
    fade(kept);
    showNode(id);
  }

  function chooseEdge(id) {
    var kept = { all: false, centre: page.edges[id].from };
    kept[page.edges[id].from] = kept[page.edges[id].to] = true;
    network.setSelection({ nodes: [], edges: [id] });
    fade(kept);
    showEdge(id);
  }

  var faded = null;
  var calm = window.matchMedia("(prefers-reduced-motion: reduce)").matches;

  function drawBands(context) {
    page.columns.forEach(function (band, number) {
      context.fillStyle = number % 2 ? "#fafafa" : "#f3f4f6";
      context.fillRect(band.left + 4, 0, band.right - band.left - 8, page.height);
      context.fillStyle = band.color;
      context.textAlign = "center";
      context.font = "bold " + band.size + "px DejaVu Sans, Verdana, sans-serif";
      context.fillText(band.label, (band.left + band.right) / 2, 34);
    });
    page.rows.forEach(function (row, number) {
      context.strokeStyle = "#d5d8dc";
      context.lineWidth = 1;
      if (number) {
        context.beginPath();
        context.moveTo(0, row.top);
        context.lineTo(page.width, row.top);
        context.stroke();
      }
      context.fillStyle = "#555";
      context.textAlign = "left";
      context.font = "14px DejaVu Sans, Verdana, sans-serif";
      row.lines.forEach(function (line, n) { context.fillText(line, 4, (row.top + row.bottom) / 2 - 20 + 17 * n); });
    });
  }

  function drawLabels(context) {
    context.font = "12px DejaVu Sans, Verdana, sans-serif";
    context.textAlign = "center";
    context.lineWidth = 4;
    context.lineJoin = "round";
    context.strokeStyle = "#fff";
    page.labels.forEach(function (label) {
      var edge = page.edges[label.edge];
      context.globalAlpha = !faded || (faded[edge.from] && faded[edge.to]) ? 1 : 0.12;
      context.strokeText(label.text, label.x, label.y + 4);
      context.fillStyle = edge.color;
      context.fillText(label.text, label.x, label.y + 4);
    });
    context.globalAlpha = 1;
  }

  function fit() {
    if (window.innerWidth <= 860) {
      var ideal = (container.clientWidth * page.height) / page.width;
      container.style.height = Math.max(280, Math.min(window.innerHeight * 0.8, ideal)) + "px";
    } else {
      container.style.height = "";
    }
    network.redraw();
    network.moveTo({
      position: { x: page.width / 2, y: page.height / 2 },
      scale: Math.min(container.clientWidth / (page.width + 20), container.clientHeight / (page.height + 20))
    });
  }

  function zoom(factor) {
    network.moveTo({ scale: network.getScale() * factor });
  }

  container = document.getElementById("mynetwork");
  network.on("beforeDrawing", drawBands);
  network.on("afterDrawing", drawLabels);
  network.on("click", function (event) {
    if (event.nodes.length) { chooseNode(event.nodes[0]); }
    else if (event.edges.length) { chooseEdge(event.edges[0]); }
    else { showNothing(); }
  });
  container.addEventListener("wheel", function (event) {
    if (!event.ctrlKey) { event.stopImmediatePropagation(); }
  }, true);
  find.addEventListener("change", function () {
    if (!find.value) { showNothing(); return; }
    chooseNode(find.value);
    network.focus(find.value, { scale: Math.max(network.getScale(), 0.8), animation: !calm });
  });
  document.getElementById("zoom-in").addEventListener("click", function () { zoom(1.3); });
  document.getElementById("zoom-out").addEventListener("click", function () { zoom(1 / 1.3); });
  document.getElementById("zoom-fit").addEventListener("click", function () { showNothing(); network.unselectAll(); fit(); });
  document.querySelectorAll("#nodes button").forEach(function (button) {
    button.addEventListener("click", function () {
      chooseNode(button.dataset.id);
      document.getElementById("panel").focus();
    });
  });
  window.addEventListener("resize", fit);
  showNothing();
  fit();
})();
