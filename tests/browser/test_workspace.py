"""The workspace by keyboard, touch and mouse: selection, drafts, undo, the panel."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

TEXT = (
    "Chile signed the contract in May. The port of Chile paid 4.2 million, the board said.\n"
    "What comes next\n"
    "CHILE’s council votes at https://council.example/votes in September 🚢. Lima does not."
)


@pytest.fixture
def ids(add_article: Any) -> Any:
    return add_article(TEXT, "A port and its price")


@pytest.fixture
def annotations(pressmark: Any, ids: Any) -> Callable[..., list[dict[str, Any]]]:
    """Return the annotations of the article from the API."""
    client = pressmark.client("annotator-1")

    def read(**filters: str) -> list[dict[str, Any]]:
        params = {"article": ids["article"], "state": "active", **filters}
        found: list[dict[str, Any]] = (
            client.get("/annotations/", params=params).raise_for_status().json()["results"]
        )
        return found

    return read


@pytest.fixture
def page(open_as: Any, ids: Any) -> Page:
    opened: Page = open_as("annotator-1", f"/articles/{ids['article']}/")
    return opened


def expect_status(page: Page, text: str) -> None:
    expect(page.locator("#status")).to_contain_text(text)
    expect(page.locator("#pending li")).to_have_count(0)


def quotes(annotation: dict[str, Any]) -> list[str]:
    return [span["exact"] for span in annotation["spans"]]


def selection(page: Page) -> str:
    return str(page.evaluate("String(getSelection())"))


class TestKeyboard:
    def test_keyboard_selection_by_word_and_sentence(self, page: Page, annotations: Any) -> None:
        page.keyboard.press("t")
        page.keyboard.press("ArrowRight")
        assert selection(page) == "Chile"
        page.keyboard.press("ArrowRight")
        page.keyboard.press("Shift+ArrowRight")
        page.keyboard.press("Shift+ArrowRight")
        assert selection(page) == "signed the contract"
        page.keyboard.press("Shift+ArrowLeft")
        assert selection(page) == "signed the"
        page.keyboard.press("ArrowDown")
        assert selection(page).startswith("The port of Chile")
        page.keyboard.press("Shift+ArrowDown")
        assert selection(page).endswith("What comes next")
        page.keyboard.press("ArrowUp")
        page.keyboard.press("ArrowUp")
        assert selection(page).strip() == "Chile signed the contract in May."
        page.keyboard.press("c")
        expect(page.get_by_label("Claim text")).to_be_focused()
        page.keyboard.press("Control+Enter")
        expect_status(page, "Claim created.")
        (claim,) = annotations()
        assert quotes(claim) == ["Chile signed the contract in May."]

    def test_keyboard_selection_by_character(self, page: Page, annotations: Any) -> None:
        page.keyboard.press("t")
        page.keyboard.press("ArrowRight")
        page.keyboard.press("Alt+Shift+ArrowLeft")
        page.keyboard.press("Alt+Shift+ArrowLeft")
        assert selection(page) == "Chi"
        page.keyboard.press("Alt+Shift+ArrowRight")
        page.keyboard.press("g")
        expect_status(page, "Entity tag created.")
        assert quotes(annotations()[0]) == ["Chil"]

    def test_keyboard_selection_in_right_to_left_text(self, open_as: Any, add_article: Any) -> None:
        ids = add_article("قالت الوزارة إن السد اكتمل.", "سد", "ar")
        page = open_as("annotator-1", f"/articles/{ids['article']}/")
        page.keyboard.press("t")
        page.keyboard.press("ArrowLeft")
        assert selection(page) == "قالت"
        page.keyboard.press("Shift+ArrowLeft")
        assert selection(page) == "قالت الوزارة"

    def test_screen_reader_announces_annotations_at_selection(self, page: Page) -> None:
        page.keyboard.press("t")
        page.keyboard.press("ArrowRight")
        page.keyboard.press("g")
        expect_status(page, "Entity tag created.")
        # The keys go on from where they were.
        page.keyboard.press("ArrowRight")
        assert selection(page) == "signed"
        page.keyboard.press("ArrowLeft")
        expect(page.locator("#spoken")).to_contain_text("In Entity tag: Chile")

    def test_command_palette_finds_command(self, page: Page) -> None:
        page.keyboard.press("Control+k")
        page.keyboard.type("shortcuts")
        expect(page.locator("#palette-list li")).to_have_count(1)
        page.keyboard.press("Enter")
        expect(page.get_by_role("dialog", name="Keyboard shortcuts")).to_be_visible()


class TestHandles:
    def drag(self, page: Page, end: str, text: str) -> None:
        """Drag a handle to the middle of a word; it snaps to the whole word."""
        handle = page.locator(f".handle.{end}").bounding_box()
        assert handle
        to = page.evaluate(
            """(words) => {
                const root = document.getElementById("text");
                const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
                for (let node; (node = walker.nextNode()); ) {
                    const at = node.data.indexOf(words);
                    if (at < 0) continue;
                    const range = document.createRange();
                    range.setStart(node, at);
                    range.setEnd(node, at + words.length);
                    const box = range.getBoundingClientRect();
                    return [box.left + box.width / 2, box.top + box.height / 2];
                }
            }""",
            text,
        )
        page.mouse.move(handle["x"] + handle["width"] / 2, handle["y"] + handle["height"] / 2)
        page.mouse.down()
        page.mouse.move(to[0] - 5, to[1])
        page.mouse.move(*to)
        page.mouse.up()

    def test_handles_are_dragged_and_moved_with_keys(
        self, page: Page, select: Any, annotations: Any
    ) -> None:
        select(page, "contract")
        page.keyboard.press("n")
        page.get_by_label("Note", exact=True).last.fill("Which?")
        page.keyboard.press("Control+Enter")
        expect_status(page, "Note created.")
        self.drag(page, "end", "May")
        expect_status(page, "Passage changed.")
        assert quotes(annotations()[0]) == ["contract in May"]
        self.drag(page, "start", "signed")
        expect(page.locator(".card.selected .passage")).to_have_text("signed the contract in May")
        page.locator(".handle.end").focus()
        page.keyboard.press("ArrowLeft")
        page.keyboard.press("ArrowLeft")
        page.keyboard.press("Enter")
        expect(page.locator(".card.selected .passage")).to_have_text("signed the contract")
        (note,) = annotations()
        assert (note["revision"], note["body"]) == (4, "Which?")

    def test_others_annotations_have_no_handles(self, page: Page, ids: Any, pressmark: Any) -> None:
        body = {"project": "demo", "version": ids["version"], "spans": [{"exact": "Lima"}]}
        pressmark.client("annotator-2").post("/entity-tags/", json={**body, "type": "GPE"})
        page.reload()
        page.locator(".card-open").click()
        expect(page.locator(".card.selected")).to_have_count(1)
        expect(page.locator(".handle")).to_have_count(0)


class TestUndo:
    def test_undo_and_redo_work_after_reload(
        self, page: Page, select: Any, annotations: Any
    ) -> None:
        select(page, "contract")
        page.keyboard.press("n")
        page.get_by_label("Note", exact=True).last.fill("First")
        page.keyboard.press("Control+Enter")
        expect_status(page, "Note created.")
        page.keyboard.press("i")
        page.get_by_label("Note", exact=True).last.fill("Second")
        page.keyboard.press("Control+Enter")
        expect_status(page, "Saved.")
        page.keyboard.press("Delete")
        expect_status(page, "Retracted.")
        assert annotations() == []
        page.reload()
        bodies = []
        for _ in range(3):
            page.keyboard.press("Control+z")
            expect_status(page, "Undone.")
            page.evaluate("document.getElementById('status').textContent = ''")
            bodies.append([a["body"] for a in annotations()])
        assert bodies == [["Second"], ["First"], []]
        page.keyboard.press("z")
        expect_status(page, "Nothing to undo.")
        page.reload()
        for _ in range(2):
            page.evaluate("document.getElementById('status').textContent = ''")
            page.keyboard.press("Control+Shift+z")
            expect_status(page, "Redone.")
        assert [a["body"] for a in annotations()] == ["Second"]

    def test_undo_is_rejected_after_anothers_edit(
        self, page: Page, select: Any, annotations: Any, pressmark: Any
    ) -> None:
        select(page, "contract")
        page.keyboard.press("n")
        page.get_by_label("Note", exact=True).last.fill("Mine")
        page.keyboard.press("Control+Enter")
        expect_status(page, "Note created.")
        (note,) = annotations()
        pressmark.client("editor").patch(
            f"/notes/{note['id']}/", json={"body": "Theirs"}, headers={"If-Match": '"1"'}
        ).raise_for_status()
        page.keyboard.press("z")
        expect_status(page, "was changed since")
        assert [a["body"] for a in annotations()] == ["Theirs"]
        expect(page.locator("#annotations")).to_contain_text("Theirs")


class TestDrafts:
    def test_draft_reopens_after_reload(self, page: Page, select: Any) -> None:
        select(page, "contract")
        page.keyboard.press("c")
        page.get_by_label("Claim text").fill("Half a sen")
        page.get_by_label("Verdict").select_option("mixed")
        page.reload()
        expect(page.get_by_label("Claim text")).to_have_value("Half a sen")
        expect(page.get_by_label("Verdict")).to_have_value("mixed")
        expect(page.locator(".passages q")).to_have_text("contract")

    def test_closed_draft_is_resumed_in_another_tab(
        self, page: Page, select: Any, annotations: Any, ids: Any
    ) -> None:
        select(page, "contract")
        page.keyboard.press("n")
        page.get_by_label("Note", exact=True).last.fill("Typed and closed")
        page.keyboard.press("Escape")
        expect(page.locator("#pending li")).to_contain_text("Typed and closed")
        # Also in another tab, and at home.
        other = page.context.new_page()
        other.goto("/")
        expect(other.locator("#unsent")).to_contain_text("A port and its price")
        other.goto(f"/articles/{ids['article']}/")
        other.get_by_role("button", name="Resume").click()
        expect(other.get_by_label("Note", exact=True).last).to_have_value("Typed and closed")
        other.keyboard.press("Control+Enter")
        expect_status(other, "Note created.")
        assert [a["body"] for a in annotations()] == ["Typed and closed"]

    def test_untouched_form_leaves_no_draft(self, page: Page, select: Any) -> None:
        select(page, "contract")
        page.keyboard.press("c")
        expect(page.get_by_label("Claim text")).to_be_visible()
        page.keyboard.press("Escape")
        expect(page.locator("#editor form")).to_have_count(0)
        expect(page.locator("#pending li")).to_have_count(0)

    def test_draft_is_hidden_from_another_user(
        self, page: Page, select: Any, annotations: Any
    ) -> None:
        select(page, "contract")
        page.keyboard.press("n")
        page.get_by_label("Note", exact=True).last.fill("Private")
        page.keyboard.press("Escape")
        page.get_by_role("button", name="Sign out").click()
        page.goto("/sign-in/")
        page.get_by_role("button", name="annotator-2").click()
        page.wait_for_url("**/")
        page.go_back()
        page.go_back()
        page.goto("/")
        expect(page.locator("#unsent")).to_be_hidden()
        assert annotations() == []

    def test_offline_writes_are_saved_once(
        self, page: Page, select: Any, annotations: Any, pressmark: Any
    ) -> None:
        for quote in ("contract", "council"):
            select(page, quote)
            page.keyboard.press("o")
        expect_status(page, "Entity tag created.")
        expect(page.locator("#annotations .card")).to_have_count(2)
        select(page, "September")
        page.keyboard.press("n")
        expect(page.locator("#annotation-form")).to_be_visible()
        page.get_by_label("Note", exact=True).last.fill("Typed before the stop")
        pressmark.stop()
        page.keyboard.press("Control+Enter")
        for quote in ("million", "board", "Lima"):
            select(page, quote)
            page.keyboard.press("g")
        expect(page.locator("#connection")).to_contain_text("Can’t reach the server")
        expect(page.locator("#pending li")).to_have_count(4)
        assert page.evaluate("CSS.highlights.get('pending').size") == 4
        # Closing the tab loses nothing either.
        context = page.context
        address = page.url
        page.close()
        pressmark.start()
        page = context.new_page()
        page.goto(address)
        expect(page.locator("#pending li")).to_have_count(0)
        expect(page.locator("#annotations .card:not(.pending)")).to_have_count(6)
        created = annotations()
        assert sorted(q for a in created for q in quotes(a)) == sorted(
            ["contract", "council", "September", "million", "board", "Lima"]
        )

    def test_pending_writes_are_retried_automatically(
        self, page: Page, select: Any, annotations: Any, pressmark: Any
    ) -> None:
        pressmark.stop()
        select(page, "Lima")
        page.keyboard.press("g")
        expect(page.locator("#pending li")).to_have_count(1)
        pressmark.start()
        expect_status(page, "Entity tag created.")
        expect(page.locator("#connection")).to_be_hidden()
        assert [quotes(a) for a in annotations()] == [["Lima"]]

    def test_lost_response_creates_no_duplicate(
        self, page: Page, select: Any, annotations: Any
    ) -> None:
        lost = []

        def lose(route: Any) -> None:
            if lost:
                return route.continue_()
            lost.append(route.fetch().status)
            return route.abort()

        page.route("**/entity_tag/new/**", lose)
        select(page, "Lima")
        page.keyboard.press("g")
        expect_status(page, "Entity tag created.")
        assert lost == [200]
        expect(page.locator("#annotations .card")).to_have_count(1)
        assert len(annotations()) == 1

    def test_rejected_write_can_be_corrected(
        self, page: Page, select: Any, annotations: Any
    ) -> None:
        select(page, "Lima")
        page.keyboard.press("s")
        page.get_by_label("Supports").check()
        page.get_by_label("Source", exact=True).fill("ftp://nowhere.example/")
        page.keyboard.press("Control+Enter")
        expect(page.locator(".has-error")).to_contain_text("http")
        page.keyboard.press("Escape")
        page.reload()
        page.get_by_role("button", name="Resume").click()
        page.get_by_label("Source", exact=True).fill("https://somewhere.example/")
        page.keyboard.press("Control+Enter")
        expect_status(page, "Source link created.")
        assert len(annotations()) == 1

    def test_conflict_is_resolved_value_by_value(
        self, page: Page, select: Any, annotations: Any, pressmark: Any
    ) -> None:
        select(page, "contract")
        page.keyboard.press("c")
        expect(page.get_by_label("Claim text")).to_be_focused()
        page.keyboard.press("Control+Enter")
        expect_status(page, "Claim created.")
        (claim,) = annotations()
        page.keyboard.press("i")
        page.get_by_label("Claim text").fill("My words")
        page.get_by_label("Rationale").fill("My reasons")
        theirs = {"text": "Their words", "verdict": "false"}
        pressmark.client("editor").patch(
            f"/claims/{claim['id']}/", json=theirs, headers={"If-Match": '"1"'}
        ).raise_for_status()
        page.keyboard.press("Control+Enter")
        conflict = page.locator("#conflict")
        expect(conflict).to_contain_text("Their words")
        expect(page.get_by_label("Claim text")).to_have_value("My words")
        conflict.locator("[data-use*=verdict]").click()
        page.get_by_role("button", name="Save").click()
        expect_status(page, "Saved.")
        (claim,) = annotations()
        assert (claim["text"], claim["verdict"]) == ("My words", "false")
        assert claim["rationale"] == "My reasons"


class TestEntities:
    def test_selected_mentions_are_tagged_and_undone_together(
        self, page: Page, select: Any, annotations: Any
    ) -> None:
        select(page, "Chile")
        page.keyboard.press("g")
        expect_status(page, "Entity tag created.")
        page.keyboard.press("v")
        offered = page.locator(".mention-list li")
        expect(offered).to_have_count(2)
        expect(offered.nth(1).locator("mark")).to_have_text("CHILE")
        offered.nth(1).get_by_role("checkbox").uncheck()
        page.get_by_role("button", name="Tag as GPE").click()
        expect_status(page, "1 mention tagged.")
        assert [quotes(a) for a in annotations()] == [["Chile"], ["Chile"]]
        page.keyboard.press("z")
        expect_status(page, "Undone.")
        assert len(annotations()) == 1
        page.locator(".card-open").first.click()
        page.keyboard.press("v")
        page.get_by_role("button", name="Tag as GPE").click()
        expect_status(page, "2 mentions tagged.")
        assert [quotes(a) for a in annotations()] == [["Chile"], ["Chile"], ["CHILE"]]
        # All at once, and undone at once.
        page.keyboard.press("z")
        expect(page.locator("#annotations .card:visible")).to_have_count(1)
        assert len(annotations()) == 1

    def test_new_entity_is_created_with_tag(
        self, page: Page, select: Any, annotations: Any, pressmark: Any
    ) -> None:
        select(page, "Lima")
        page.keyboard.press("e")
        page.get_by_label("Country, city or state").first.check()
        page.get_by_text("New entity", exact=True).click()
        expect(page.get_by_label("Name", exact=True)).to_have_value("Lima")
        page.get_by_label("Description").fill("Capital of Peru")
        page.keyboard.press("Control+Enter")
        expect_status(page, "Entity tag created.")
        (tag,) = annotations()
        entity = pressmark.client("annotator-1").get(f"/entities/{tag['entity']}/").json()
        assert (entity["name"], entity["type"]) == ("Lima", "GPE")
        assert entity["description"] == "Capital of Peru"


class TestSources:
    def test_pasted_url_becomes_source_of_selected_claim(
        self, page: Page, select: Any, annotations: Any
    ) -> None:
        select(page, "contract")
        page.keyboard.press("c")
        expect(page.get_by_label("Claim text")).to_be_focused()
        page.keyboard.press("Control+Enter")
        expect_status(page, "Claim created.")
        page.evaluate(
            """() => {
                const data = new DataTransfer();
                data.setData("text/plain", "https://audit.example/2026");
                document.body.dispatchEvent(new ClipboardEvent("paste", {
                    clipboardData: data, bubbles: true, cancelable: true }));
            }"""
        )
        expect(page.get_by_label("Source", exact=True)).to_have_value("https://audit.example/2026")
        # The form stands in the claim's own card.
        expect(page.locator(".card.selected #annotation-form")).to_be_visible()
        page.get_by_label("Refutes").check()
        page.get_by_label("Evidence").fill("It was 4.1.")
        page.keyboard.press("Control+Enter")
        expect_status(page, "Source link created.")
        claim, link = annotations()
        assert (link["claim"], link["stance"]) == (claim["id"], "refutes")
        expect(page.locator(".source-card")).to_contain_text("audit.example")

    def test_link_in_text_becomes_source_with_one_key(self, page: Page, annotations: Any) -> None:
        page.keyboard.press("l")
        expect_status(page, "Source link created.")
        (link,) = annotations()
        assert quotes(link) == ["https://council.example/votes"]
        assert link["stance"] == "context"
        page.keyboard.press("l")
        expect_status(page, "There are no more links to add.")
        assert len(annotations()) == 1


class TestPanel:
    @pytest.fixture
    def full(self, page: Page, ids: Any, pressmark: Any) -> Page:
        client = pressmark.client("annotator-1")
        common = {"project": "demo", "version": ids["version"]}

        def post(what: str, **body: Any) -> Any:
            return client.post(f"/{what}/", json={**common, **body}).raise_for_status().json()

        claim = post("claims", spans=[{"exact": "the contract in May"}], text="A contract")
        other = post("claims", spans=[{"start": 34, "end": 42}], text="A payment")
        post("notes", target=other["id"], body="How much?")
        source = {"url": "https://board.example/"}
        post("source-links", claim=claim["id"], source=source, stance="supports")
        post("entity-tags", spans=[{"exact": "Lima"}], type="GPE")
        page.reload()
        return page

    def list_cards(self, page: Page) -> list[str]:
        found: list[str] = page.locator("#annotations > li:visible").evaluate_all(
            "all => all.map(li => li.dataset.kind ?? li.textContent.trim())"
        )
        return found

    def test_panel_sorts_by_position_or_groups(self, full: Page) -> None:
        assert self.list_cards(full) == ["claim", "claim", "entity_tag", "note", "source_link"]
        full.get_by_label("Sort by").select_option("kind")
        assert self.list_cards(full)[:3] == ["Claim (2)", "claim", "claim"]
        full.get_by_label("Sort by").select_option("claim")
        assert self.list_cards(full) == [
            "A contract (2)", "claim", "source_link",
            "A payment (2)", "claim", "note",
            "No claim (1)", "entity_tag",
        ]  # fmt: skip
        full.get_by_label("Sort by").select_option("entity")
        assert self.list_cards(full)[0] == "Not linked to an entity (5)"
        full.get_by_label("Type", exact=True).select_option("GPE")
        assert self.list_cards(full) == ["Not linked to an entity (1)", "entity_tag"]
        assert full.evaluate("CSS.highlights.get('claim').size") == 0

    def test_panel_shows_related_notes_and_history(self, full: Page) -> None:
        full.locator(".card.claim .card-open").nth(1).click()
        expect(full.locator(".card.selected .related")).to_contain_text("How much?")
        full.keyboard.press("i")
        full.get_by_label("Verdict").select_option("false")
        full.keyboard.press("Control+Enter")
        expect_status(full, "Saved.")
        full.get_by_text("History: revision 2").click()
        expect(full.locator(".card.selected .history del")).to_have_text("unreviewed")
        expect(full.locator(".card.selected .history ins")).to_have_text("false")

    def test_hover_highlights_annotation(self, full: Page) -> None:
        place = full.evaluate(
            """() => { const r = [...CSS.highlights.get("entity-tag")][0].getBoundingClientRect();
                return [r.x + 5, r.y + r.height / 2] }"""
        )
        full.mouse.move(*place)
        shown = "[...CSS.highlights.get('pointed')].map(String)"
        full.wait_for_function(f"{shown}[0] === 'Lima'")

    def test_copied_selection_is_plain_text(self, full: Page) -> None:
        full.evaluate("getSelection().selectAllChildren(document.getElementById('text'))")
        copied = selection(full)
        assert [line for line in copied.split("\n") if line] == TEXT.split("\n")


class TestNavigation:
    def test_keys_open_next_and_next_unfinished_article(
        self, page: Page, add_article: Any, pressmark: Any, ids: Any
    ) -> None:
        newer = add_article("Another text.", "A newer one")
        common = {"project": "demo", "version": newer["version"], "spans": [{"exact": "text"}]}
        pressmark.client("annotator-2").post("/notes/", json={**common, "body": "x"})
        pressmark.client("annotator-2").post(
            "/notes/", json={**common, "version": ids["version"],
                             "spans": [{"exact": "Lima"}], "body": "x"}
        )  # fmt: skip
        page.goto(f"/articles/{newer['article']}/?project=demo")
        page.keyboard.press("f")
        expect(page.get_by_role("button", name="✓ Finished")).to_be_visible()
        page.keyboard.press("]")
        expect(page.locator("h1")).to_have_text("A port and its price")
        page.keyboard.press("[")
        expect(page.locator("h1")).to_have_text("A newer one")
        page.keyboard.press("u")
        expect(page.locator("h1")).to_have_text("A port and its price")
        page.goto("/articles/?state=finished")
        expect(page.locator(".articles")).to_contain_text("A newer one")

    def test_display_settings_persist(self, page: Page) -> None:
        page.get_by_role("button", name="Display settings").click()
        page.get_by_label("Dark").check()
        page.get_by_label("Text size").fill("140")
        page.get_by_label("Line length").fill("30")
        page.get_by_role("dialog").get_by_role("button", name="Close").click()
        page.reload()
        size = "getComputedStyle(document.getElementById('text')).fontSize"
        assert float(page.evaluate(size).removesuffix("px")) > 25
        assert page.evaluate("getComputedStyle(document.documentElement).colorScheme") == "dark"
        assert page.locator("#text").bounding_box()["width"] <= 30 * 16  # type: ignore[index]


def test_touch_selection_creates_annotation(open_as: Any, ids: Any, annotations: Any) -> None:
    page = open_as(
        "annotator-1",
        f"/articles/{ids['article']}/",
        viewport={"width": 390, "height": 780},
        has_touch=True,
        is_mobile=True,
    )
    # A held press selects a word: that is the telephone's own doing, and all that we hear of is
    # the selection. What follows is touched with a finger.
    page.evaluate(
        """() => {
            const node = document.querySelector(".block").firstChild;
            document.getSelection().setBaseAndExtent(node, 17, node, 25);
        }"""
    )
    expect(page.locator("#toolbar")).to_be_visible()
    page.locator("#toolbar").get_by_role("button", name="Note").tap()
    page.get_by_label("Note", exact=True).last.fill("By touch")
    page.get_by_role("button", name="Save").tap()
    expect_status(page, "Note created.")
    assert [quotes(a) for a in annotations()] == [["contract"]]
