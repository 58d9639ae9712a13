import json, itertools, copy
import pytest
from django.test import Client
from annotate.models import ApiToken, Kind
from tests.annotate.conftest import ADDRESSES
from django.contrib.auth.models import User
BAD = ["\0", "a\0b", "\ud800", "x"*3_000, "9"*5000, 10**400, -1, 1e308, True, None, [], {}, [[]], [{}], {"a":1}, "٣", "0001-01-01T00:00:00+14:00","9999-12-31T23:59:59-14:00","0001-01-01","\u202e", "http://[", "http://a:b@\0.example/", "https://x.example:99999/", "http://"+"a"*2500+".example/", "a"*400, 0.5, float(10**20)]
deep = []
for _ in range(900): deep=[deep]
BAD.append(deep)
def leaves(b, path=()):
    yield path
    if isinstance(b, dict):
        for k,v in b.items(): yield from leaves(v, path+(k,))
    elif isinstance(b, list):
        for i,v in enumerate(b): yield from leaves(v, path+(i,))
def put(b, path, v):
    if not path: return v
    b=copy.deepcopy(b); o=b
    for p in path[:-1]: o=o[p]
    o[path[-1]]=v
    return b
def test_probe(annotator, project, version, entity, source, article, db, tag_set, annotate):
    User.objects.update(is_staff=True)
    claim = annotate(annotator, Kind.CLAIM)
    c = Client(raise_request_exception=False, headers={"Authorization": "Bearer "+ApiToken.objects.issue(annotator)})
    common={"project":project.slug,"version":str(version.public_id),"spans":[{"start":33,"end":53,"exact":"exports rose by 12 %","prefix":"that ","suffix":" in"}]}
    bodies={
     "claims":{**common,"wording":"x","claim_type":"fact","claimant":"m","claimant_entity":None,"check_worthiness":1,"verdict":"true","rationale":"r"},
     "entity-tags":{**common,"type":"GPE","entity":str(entity.public_id),"certainty":"likely"},
     "source-links":{**common,"claim":str(claim.public_id),"source":{"url":"https://a.example/","title":"t","publisher":"p","published_on":"2020-01-01","archive_url":"https://b.example/"},"stance":"mixed","evidence":"e","locator":"l","retrieved_at":"2020-01-01T00:00:00Z"},
     "notes":{**common,"body":"b","target":str(claim.public_id)},
     "articles":{"title":"t","text":"tt","language":"en","url":"https://a.example/1","outlet":"o","published_at":"2020-01-01T00:00:00Z","licence":"l","authors":["a",{"name":"b","affiliation":"c"}]},
     "versions":{"article":str(article.public_id),"text":"new"},
     "projects":{"slug":"s","name":"n","description":"d","guidelines":"g","tag_set":"news","is_public":True,"is_blind":False,"takes_any_article":True},
     "entities":{"name":"n","type":"ORG","description":"d","qid":"Q5","aliases":[{"name":"a","language":"en"}],"external_ids":[{"scheme":"viaf","value":"1"}]},
     "sources":{"url":"https://c.example/","title":"t","publisher":"p","published_on":"2020-01-01","archive_url":"https://d.example/"},
    }
    bad=[]
    from django.db import transaction
    for name, b in bodies.items():
        for path in leaves(b):
            for v in BAD:
                try: data=json.dumps(put(b,path,v), allow_nan=False)
                except RecursionError: continue
                r=None
                with transaction.atomic():
                    r=c.post(f"/api/v1/{name}/", data, content_type="application/json")
                    transaction.set_rollback(True)
                if r.status_code>=500 or (r.status_code>=400 and r["Content-Type"]!="application/problem+json") :
                    bad.append((name,path,str(v)[:30],r.status_code, str(getattr(r,'exc_info',None) and r.exc_info[1])[:200]))
    one={n:f"/api/v1/{n}/{i}/" for n,i in {"articles":article.public_id,"projects":project.slug,"entities":entity.public_id,"sources":source.public_id,"claims":claim.public_id}.items()}
    for name in one:
        b=bodies[name]
        for path in leaves(b):
            if not path: continue
            for v in BAD:
                try: data=json.dumps(put({path[0]:b[path[0]]},path,v), allow_nan=False)
                except RecursionError: continue
                with transaction.atomic():
                    r=c.patch(one[name], data, content_type="application/json", headers={"If-Match":'"1"'})
                    transaction.set_rollback(True)
                if r.status_code>=500 or (r.status_code>=400 and r["Content-Type"]!="application/problem+json"):
                    bad.append(("PATCH",name,path,str(v)[:30],r.status_code, str(getattr(r,'exc_info',None) and r.exc_info[1])[:200]))
    params={"articles":["language","outlet","url","published_after","published_before","cursor","page_size"],"versions":["article","sha256"],"projects":["slug"],"annotations":["article","version","project","author","state","kind"],"claims":["claim_type","verdict","claimant_entity"],"entity-tags":["type","entity"],"source-links":["claim","source","stance"],"notes":["target"],"entities":["name","type","qid"],"sources":["url","title","publisher"]}
    from urllib.parse import quote
    for name,ps in params.items():
        for p in ps:
            for v in BAD+["%ff","%ED%A0%80", "cD0w", "cj0x", "bz0xMDAw"]:
                if not isinstance(v,(str,int,float)): continue
                q = v if v in ("%ff","%ED%A0%80") else quote(str(v).encode(errors="surrogatepass"))
                r=c.get(f"/api/v1/{name}/?{p}={q}")
                if r.status_code>=500 or (r.status_code>=400 and r["Content-Type"]!="application/problem+json"):
                    bad.append(("GET",name,p,str(v)[:30],r.status_code, str(getattr(r,'exc_info',None) and r.exc_info[1])[:200]))
    for cs in ["zlib","rot13","base64","hex","utf-7","utf-16","idna","punycode","unicode_escape","bz2","raw_unicode_escape","undefined","mbcs","nope"]:
        for url in ("/api/v1/claims/","/api/v1/claims/?page_size=%31"):
            r=c.post(url, json.dumps(bodies["claims"]), content_type=f"application/json; charset={cs}")
            if r.status_code>=500 or (r.status_code>=400 and r["Content-Type"]!="application/problem+json"): bad.append(("CHARSET",cs,url,r.status_code,str(getattr(r,'exc_info',None) and r.exc_info[1])[:200]))
            r=c.generic("GET","/api/v1/claims/?page_size=%31", content_type=f"application/json; charset={cs}")
            if r.status_code>=500: bad.append(("GETCHARSET",cs,url,r.status_code,str(getattr(r,'exc_info',None) and r.exc_info[1])[:200]))
    s=Client(raise_request_exception=False, enforce_csrf_checks=True); s.force_login(annotator)
    for ct in ("application/x-www-form-urlencoded","multipart/form-data; boundary=x","text/plain",""):
        r=s.post("/api/v1/claims/", b"a="+b"x"*9_000_000, content_type=ct)
        print(ct, r.status_code, r["Content-Type"], r.content[:100])
    r=c.get("/api/v1/claims/", headers={"Host":"evil.example"}); print(r.status_code, r["Content-Type"])
    r=c.get("/api/v1/claims/", headers={"Accept":"text/csv"}); print(r.status_code, r["Content-Type"])
    r=c.post("/api/v1/claims", "{}", content_type="application/json"); print(r.status_code, r.get("Location"))
    r=c.options("/api/v1/claims/"); print(r.status_code, r.content[:200])
    for n in params:
        r=c.get(f"/api/v1/{n}/", headers={"Accept":"text/html"}); print(n, r.status_code, len(r.content))
        rr=c.get(f"/api/v1/{n}/").json()["results"]
        if rr:
            i=rr[0]["slug" if n=="projects" else "id"]
            r=c.get(f"/api/v1/{n}/{i}/", headers={"Accept":"text/html"}); print(n, r.status_code, len(r.content), str(getattr(r,'exc_info',None)))
    from collections import Counter
    for b in bad[:80]: print(b)
    print(len(bad))
    assert 0
