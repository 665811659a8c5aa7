"""What is searched for in comments that `seed` made: words of several scripts, and fields."""

QUESTIONS = [
    "photograph", "viagra", "casino bonus", '"cheap tramadol"', "river library winter", "the",
    "谢谢", "河边", "写真", "สูตร", "казино", "पुस्तक", "شكرا", "도서관", "Größe", "ver*",
    "zel* bonus", "status:spam casino", "status:held", "domain:mail.example", "ip:203.0.113.0/24",
    "ip:198.7.0.0/16",
    "author:ba*", "email:mirten12@mail.example", "reason:link", "nowhere-to-be-found",
    "language:zh", "backlinks status:approved", "messenger dollars", "recipe salt",
]  # fmt: skip
