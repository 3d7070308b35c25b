import time


def test_smoke(board, open_context):
    t = time.time()
    page = open_context(signed_in_as="manager").new_page()
    page.goto("/")
    print("board", time.time() - t)
    t = time.time()
    page.goto("/plans/new")
    print("plan", time.time() - t)
    t = time.time()
    page.get_by_role("button", name="Create release").click()
    page.wait_for_url("**/releases/2.2.0*")
    print("create", time.time() - t, page.url)
    t = time.time()
    page.get_by_role("button", name="Promote to DEV").click()
    page.get_by_role("button", name="Promote to QA").and_(page.locator(":enabled")).wait_for(timeout=40000)
    print("promoted", time.time() - t)
    t = time.time()
    print(page.inner_text("main"))
