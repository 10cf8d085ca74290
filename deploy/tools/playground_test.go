package tools

import (
	"context"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// TestPlayground changes fields of a preset as a person does, and sees what the function makes
// of a photo.
func TestPlayground(t *testing.T) {
	for _, front := range []string{"", "edge"} {
		t.Run("FRONT="+front, func(t *testing.T) { isPlayedWith(t, front) })
	}
}

func isPlayedWith(t *testing.T, front string) {
	site := run(t, front)
	ctx, cancel := context.WithTimeout(open(t), galleryDeadline)
	defer cancel()
	settled := chromedp.WaitReady(`body[data-pending="0"]`)
	do := func(actions ...chromedp.Action[chromedp.Void]) {
		t.Helper()
		if err := chromedp.Do(ctx, actions...); err != nil {
			said, _ := chromedp.Run(ctx, chromedp.Evaluate[string](`document.body.innerText`))
			t.Fatalf("%v; the page says\n%s", err, said)
		}
	}
	holds := func(what, expression string) {
		t.Helper()
		if said, err := chromedp.Run(ctx, chromedp.Evaluate[string](expression)); err != nil || said != "yes" {
			t.Errorf("%s: %s, %v", what, said, err)
		}
	}
	script := func(text string) chromedp.Action[chromedp.Void] {
		return chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
			_, err := chromedp.Evaluate[bool](`(async () => { `+text+`; return true; })()`, chromedp.EvalAwaitPromise)(ctx, t)
			return err
		})
	}
	// set has controls changed as people change them.
	set := func(text string) chromedp.Action[chromedp.Void] {
		return script(`const set = (id, value) => {
			const control = document.getElementById(id);
			control.value = value;
			control.dispatchEvent(new Event(control.tagName === "SELECT" ? "change" : "input", { bubbles: true }));
		}; ` + text)
	}
	do(chromedp.EmulateViewport(1400, 900), chromedp.Navigate(site))
	page, err := chromedp.Run(ctx, chromedp.Evaluate[string](`[...document.links].find((l) => l.textContent === "Playground").href`))
	if err != nil {
		t.Fatal(err)
	}
	do(chromedp.Navigate(page), settled, set(`set("photo", "2"); set("preset", "card")`), settled)
	holds("it begins with the preset as it is", `(() => {
		const [before, after] = ["before", "after"].map((id) => document.getElementById(id));
		const said = document.getElementById("said").innerText;
		const lines = [...document.querySelectorAll("#variants tbody tr")].map((l) => l.innerText.trim());
		return before.naturalWidth === 640 && after.naturalWidth === 640 && after.naturalHeight === 360
			&& /As it is\s+[0-9.]+ kB · 640 × 360 · jpeg · [0-9.]+ ms to render/.test(said)
			&& lines.length === 4 && lines.every((l, i) => /^card(@2x)?(\.webp)?\s+[0-9.]+ kB\s+(([+−][1-9][0-9]*|0) %)?\s+[0-9.]+ ms$/.test(l))
			? "yes" : JSON.stringify([before.naturalWidth, after.naturalWidth, said, lines]);
	})()`)
	holds("every field has a control by its kind, and every control a name", `(() => {
		const kinds = { width: "range", fit: "select-one", quality: "range", progressive: "checkbox", background: "select-one", "border-colour": "color", tone: "select-one", oversample: "range", formats: "checkbox" };
		const fields = new Map([...document.querySelectorAll(".field")].map((f) => [f.querySelector("label").textContent, f]));
		const wrong = Object.entries(kinds).filter(([name, kind]) => fields.get(name)?.querySelector("input, select").type !== kind);
		const nameless = [...document.querySelectorAll("input, select, button")].filter((c) => !(c.labels?.length || c.getAttribute("aria-label") || c.textContent.trim()));
		const missing = given.choices.filter(({ field }) => !fields.has(field)).map(({ field }) => field);
		return wrong.length + nameless.length === 0 && String(missing) === "source,aliases,access" ? "yes" : JSON.stringify([wrong, nameless.map((c) => c.outerHTML), missing]);
	})()`)
	// The last change wins, also where what answers the one before it comes late.
	do(set(`const fetches = fetch;
		fetch = (url, asks) => String(asks?.body).includes('"500"') && url.endsWith("/render")
			? fetches(url, { ...asks, signal: null }).then((answer) => new Promise((done) => { late = () => done(answer); })) : fetches(url, asks);
		window.late = null;
		set("field-width", 500);
		while (!late) await new Promise((done) => { setTimeout(done, 10); });
		for (const w of [510, 520, 300]) set("field-width", w)`), settled, set(`late();
		await new Promise((done) => { setTimeout(done, 500); })`))
	holds("a change is seen", `(() => {
		const after = document.getElementById("after"), said = document.getElementById("after-says").textContent;
		const [yaml, variable] = ["yaml", "variable"].map((id) => document.getElementById(id).innerText);
		return after.naturalWidth === 300 && document.getElementById("before").naturalWidth === 640 && / \(−[0-9]+ %\) · 300 × 360 · jpeg · /.test(said)
			&& yaml === "card:\n  width: 300\n" && variable === "PRESET_CARD=width=300" ? "yes" : JSON.stringify([after.naturalWidth, said, yaml, variable]);
	})()`)
	do(set(`document.querySelector('[aria-describedby="field-quality-wrong"][value="auto"]').click(); set("field-likeness", "0.99")`), settled)
	holds("a word in place of a number", `(() => {
		const { innerText: said } = document.getElementById("variable"), quality = document.getElementById("field-quality");
		return said === "PRESET_CARD=width=300,quality=auto,likeness=0.99" && quality.disabled && quality.value === ""
			&& document.getElementById("after").naturalWidth === 300 ? "yes" : JSON.stringify([said, quality.outerHTML]);
	})()`)
	do(set(`for (const field of ["likeness", "quality"]) document.querySelector('[aria-label="' + field + ' as it is"]').click()`), settled)
	holds("a number again", `(() => {
		const { innerText: said } = document.getElementById("variable"), quality = document.getElementById("field-quality");
		return said === "PRESET_CARD=width=300" && !quality.disabled && quality.value === "80" ? "yes" : JSON.stringify([said, quality.outerHTML]);
	})()`)
	do(set(`set("field-tone", "#"); set("field-tone-colour", "#c03080"); set("field-gravity", "smart"); document.getElementById("field-progressive").click();
		document.querySelector('#field-formats [value="png"]').click()`), settled)
	holds("words, colours and boxes", `(() => {
		const { innerText: said } = document.getElementById("variable");
		const variants = document.querySelectorAll("#variants tbody tr").length;
		return said === "PRESET_CARD='width=300,gravity=smart,progressive=true,tone=#c03080,formats=webp png'" && variants === 6
			&& document.getElementById("after-says").textContent.includes("keeps ") ? "yes" : said + variants + document.getElementById("after-says").textContent;
	})()`)
	do(chromedp.Click(`#variants input[value="@2x.webp"]`), settled)
	holds("a variant", `(() => {
		const said = ["before", "after"].map((id) => document.getElementById(id + "-says").textContent);
		return said[0].includes("1280 × 720 · webp") && said[1].includes("600 × 720 · webp") ? "yes" : JSON.stringify(said);
	})()`)
	do(set(`set("field-width", "0")`), settled)
	holds("a mistake stands at its field, in the words of whoever reads presets, and no old picture beside it", `(() => {
		const wrong = document.getElementById("field-width-wrong");
		return !wrong.hidden && wrong.textContent === '"0", expected a whole number of pixels from 1 to 8192' && !document.getElementById("after").hasAttribute("src")
			&& document.getElementById("field-width").getAttribute("aria-invalid") === "true" && !/kB/.test(document.getElementById("variants").innerText) ? "yes" : wrong.textContent;
	})()`)
	do(chromedp.Click(`#reset`), settled)
	holds("all is undone", `(() => {
		const left = document.querySelectorAll(".field.changed").length;
		const after = document.getElementById("after");
		return left === 0 && after.naturalWidth === 1280 && document.getElementById("field-width-wrong").hidden && document.getElementById("reset").disabled ? "yes" : [left, after.naturalWidth].join();
	})()`)
	do(chromedp.Focus(`#split`), chromedp.KeyEvent(kb.ArrowRight), chromedp.KeyEvent(kb.ArrowRight))
	holds("the slider has arrow keys", `(() => {
		const { value } = document.getElementById("split"), clip = getComputedStyle(document.getElementById("after")).clipPath;
		return value === "52" && clip === "inset(0px 0px 0px 52%)" ? "yes" : [value, clip].join();
	})()`)
	do(chromedp.Focus(`#stage`), chromedp.KeyEvent(kb.ArrowRight), chromedp.KeyEvent(kb.ArrowDown))
	holds("the loupe has them too, and shows pixels of the screen", `(() => {
		const { style } = document.getElementById("after-loupe");
		return style.backgroundSize === 1280 / devicePixelRatio + "px " + 720 / devicePixelRatio + "px" && loupe.x === 0.52 && loupe.y === 0.52 ? "yes" : [style.backgroundSize, loupe.x, loupe.y].join();
	})()`)
	do(script(`const canvas = Object.assign(document.createElement("canvas"), { width: 500, height: 400 });
		canvas.getContext("2d").fillRect(0, 0, 100, 100);
		const data = new DataTransfer();
		data.items.add(new File([await new Promise((done) => { canvas.toBlob(done); })], "mine.png"));
		document.body.dataset.pending = "1";
		dispatchEvent(new DragEvent("drop", { dataTransfer: data }))`), settled)
	holds("a photo of one's own", `(() => {
		const { selectedOptions: [photo] } = document.getElementById("photo");
		const said = ["before", "after"].map((id) => document.getElementById(id + "-says").textContent);
		return photo.textContent === "mine.png, yours" && said.every((s) => s.includes("500 × 281 · webp")) ? "yes" : JSON.stringify([photo.textContent, said]);
	})()`)
	do(script(`const data = new DataTransfer();
		data.items.add(new File(["no photo"], "x".repeat(8000) + ".png"));
		document.body.dataset.pending = "1";
		dispatchEvent(new DragEvent("drop", { dataTransfer: data }))`), settled)
	holds("what is no photo, with a name that no list has room for", `(() => {
		const { selectedOptions: [photo] } = document.getElementById("photo");
		const said = document.getElementById("mistakes").textContent, { scrollWidth, clientWidth } = document.documentElement;
		return photo.textContent === "x".repeat(40) + "…" + "x".repeat(12) + ".png, yours" && said.startsWith("not a JPEG") && scrollWidth === clientWidth ? "yes" : JSON.stringify([photo.textContent, said, scrollWidth, clientWidth]);
	})()`)
	do(set(`const photo = document.getElementById("photo"); set("photo", [...photo.options].find((o) => o.textContent === "mine.png, yours").value)`), settled)
	do(set(`set("preset", "hero"); document.querySelector("#field-format").focus(); set("field-format", "thumbhash"); set("field-width", "60");
		for (const box of document.querySelectorAll("#field-formats :checked")) box.click(); set("field-dpr", "1")`), settled)
	holds("a stand-in is drawn, and said", `(() => {
		const said = document.getElementById("after-says").textContent;
		return document.getElementById("after").naturalWidth === 32 && / · [A-Za-z0-9+/=]{24,} · text\/plain · /.test(said) ? "yes" : said;
	})()`)
	do(set(`const fetches = fetch;
		fetch = (url, asks) => url.startsWith("/prew/") ? Promise.resolve(new Response("", { status: 401, headers: { "X-Prew-Error": "access_missing" } })) : fetches(url, asks);
		set("photo", "2"); set("preset", "thumb")`), settled)
	holds("what not everybody may see", `(() => {
		const said = document.getElementById("before-says").textContent;
		return said.endsWith(" · not what is stored, access_missing") && document.getElementById("before").naturalWidth === 200 ? "yes" : said;
	})()`)
	do(chromedp.EmulateViewport(390, 844), chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		_, err := cdp.Call(ctx, t, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: "dark"}}})
		return err
	}), chromedp.Reload(), settled)
	holds("a phone, in the dark", `(() => {
		const wide = document.documentElement.scrollWidth, page = getComputedStyle(document.body).backgroundColor;
		scrollTo(0, 700);
		const stage = document.getElementById("stage").getBoundingClientRect();
		return wide <= 390 && page === "rgb(18, 20, 23)" && stage.top === 0 && scrollY > 300 ? "yes" : JSON.stringify([wide, page, stage.top, scrollY]);
	})()`)
}

// TestPagesFollowPresets saves the file of the presets while both pages are open.
func TestPagesFollowPresets(t *testing.T) {
	file := filepath.Join(t.TempDir(), "mine.yaml")
	save := func(text string) {
		t.Helper()
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	save("card: {width: 300}\n")
	t.Setenv("PRESETS", file)
	site := run(t, "")
	ctx, cancel := context.WithTimeout(open(t), galleryDeadline)
	defer cancel()
	// until waits for what holds on the page, which may be loaded anew meanwhile.
	until := func(expression string) {
		t.Helper()
		for {
			holds, err := chromedp.Run(ctx, chromedp.Evaluate[bool](expression))
			if err == nil && holds {
				return
			}
			if ctx.Err() != nil {
				t.Fatalf("%s: %t, %v", expression, holds, err)
			}
			time.Sleep(50 * time.Millisecond)
		}
	}
	for _, page := range []string{site, site + "gallery/playground.html"} {
		save("card: {width: 300}\n")
		if err := chromedp.Do(ctx, chromedp.Navigate(page), chromedp.WaitReady(`body[data-pending="0"]`)); err != nil {
			t.Fatal(err)
		}
		until(`document.getElementById("presets-wrong")?.hidden === true && document.querySelector("#after, figure img")?.naturalWidth === 300`)
		if page != site {
			_, err := chromedp.Run(ctx, chromedp.Evaluate[bool](`(() => {
				const quality = document.getElementById("field-quality");
				quality.value = "40";
				quality.dispatchEvent(new Event("input"));
				return true;
			})()`))
			if err != nil {
				t.Fatal(err)
			}
		}
		save("card: {width: 200}\n")
		until(`document.body.dataset.pending === "0" && document.querySelector("#after, figure img")?.naturalWidth === 200`)
		if page != site {
			until(`document.getElementById("before").naturalWidth === 200 && document.getElementById("variable").textContent === "PRESET_CARD=quality=40"`)
		}
		save("card: {width: 200}\nnew: {widht: 3}\n")
		until(`document.getElementById("presets-wrong")?.textContent.includes("mine.yaml:2: preset new: widht: unknown field")`)
		save("card: {width: 200}\n")
		until(`document.getElementById("presets-wrong")?.hidden === true`)
	}
}
