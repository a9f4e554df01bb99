"""A lab of network namespaces with real database servers. Start reading at layout.py; `api.py` is the way in."""
