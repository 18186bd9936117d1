"""Corrected readings: a folder of them, from which a model can learn.

A folder of corrections holds `corrections.jsonl`, and pictures in `images/`. Each row of the file is a JSON object for
one picture, in DataTurks's format, which lab 6 imports:

    {"content": "images/0001.jpg",
     "annotation": [{"label": ["line"], "notes": "what it says",
                     "points": [[0.1, 0.2], [0.9, 0.2], [0.9, 0.3], [0.1, 0.3]],
                     "imageWidth": 1200, "imageHeight": 900, "read_as": "what it sags", "confidence": 0.83}],
     "writer": "anna", "source": "letter.jpg", "model": "paragraph_text_recognizer", "time": "2026-01-31T12:00:00Z"}

Points are shares of the picture's width and height, clockwise from above the line's first character. The picture is
stored upright. Rows are appended and never changed.
"""
