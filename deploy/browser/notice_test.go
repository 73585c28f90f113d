package browser_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"anpei/deploy/demo/play"
	"anpei/internal/specimen"
)

// What the browser must notice for the journeys to mean anything.
func TestWhatIsWrongWithAPageIsNoticed(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/" {
			http.NotFound(w, r)
			return
		}
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.Header().Set("Content-Security-Policy", "default-src 'none'; style-src 'self'")
		fmt.Fprint(w, `<!doctype html><html lang="zh-CN"><title>x</title><script>document.title = 'y'</script>
			<link rel="stylesheet" href="/none.css"><font color="#cccccc">浅色</font><input type="text">`)
	}))
	t.Cleanup(server.Close)
	p := open(t, phone)
	p.Open(server.URL + "/")

	wrong := fmt.Sprint(p.axe(everyRule))
	require.Contains(t, wrong, "color-contrast")
	require.Contains(t, wrong, "label at [input]")

	p.mu.Lock()
	defer p.mu.Unlock()
	complaints := fmt.Sprint(p.complaints)
	p.complaints = nil
	require.Contains(t, complaints, "Content Security Policy")
	require.Contains(t, complaints, "/none.css")
}

// A form is filled and sent, the network goes away and comes back, and the
// browser is killed: what it had kept is there.
func TestAPersonInTheBrowserCanDoWhatPeopleDo(t *testing.T) {
	t.Parallel()
	mux := http.NewServeMux()
	form := func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		fmt.Fprintf(w, `<!doctype html><html lang="zh-CN"><title>x</title><link rel="icon" href="data:,">
			<form method="post" action="/send" enctype="multipart/form-data">
			<label>姓名 <input name="name" value="旧"></label><label for="s">原因</label><select id="s" name="cause"><option value="">选一个<option value="fire">火灾</select>
			<label>日期 <input type="date" name="day"></label><label><input type="checkbox" name="self"> 本人</label>
			<label>照片 <input type="file" name="photo"></label><button>发送</button></form><p>%s</p>`, r.FormValue("said"))
	}
	mux.HandleFunc("GET /{$}", form)
	mux.HandleFunc("POST /send", func(w http.ResponseWriter, r *http.Request) {
		_, header, err := r.FormFile("photo")
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		http.Redirect(w, r, fmt.Sprintf("/?said=%s+%s+%s+%s+%s", r.FormValue("name"), r.FormValue("cause"), r.FormValue("day"), r.FormValue("self"), header.Filename), http.StatusSeeOther)
	})
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	p := openApart(t, phone)
	p.Open(server.URL + "/")
	p.Fill("姓名", "周晓岚")
	require.Equal(t, "周晓岚", p.Value("姓名"))
	p.Fill("原因", "火灾")
	day := specimen.DatesAt(time.Now()).Today
	p.Fill("日期", day)
	p.Click("本人")
	p.Upload("照片", play.File{Name: "rear.jpg", Bytes: []byte("jpeg")})
	p.Click("发送")
	p.See("周晓岚 fire " + day + " on rear.jpg")
	p.Weight()

	p.Offline(true)
	require.False(t, eval[bool](p, "navigator.onLine"))
	require.False(t, eval[bool](p, "fetch('/').then(() => true, () => false)"))
	p.Offline(false)
	require.True(t, eval[bool](p, "fetch('/').then(() => true, () => false)"))

	eval[bool](p, `new Promise((done, fail) => {
		const asked = indexedDB.open('kept', 1)
		asked.onupgradeneeded = () => asked.result.createObjectStore('photos').put('bytes', 'rear')
		asked.onsuccess = () => { asked.result.close(); done(true) }
		asked.onerror = () => fail(asked.error)
	})`)
	p.Crash()
	p.Open(server.URL + "/")
	require.Equal(t, "bytes", eval[string](p, `new Promise((done, fail) => {
		const asked = indexedDB.open('kept', 1)
		asked.onsuccess = () => { asked.result.transaction('photos').objectStore('photos').get('rear').onsuccess = (e) => done(e.target.result) }
		asked.onerror = () => fail(asked.error)
	})`))
}
