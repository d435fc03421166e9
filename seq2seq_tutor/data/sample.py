"""Sentences of our own, segmented by hand after a short standard.

Chapter: Chinese segmentation. Written for this book, except three phrases that are folklore of the
field: 研究生命起源, 南京市长江大桥 and 乒乓球拍卖完了 (which has a second good reading, 乒乓球
拍卖 完 了). They were chosen to be difficult: a score on them says what a segmenter trips over, not
how it does on ordinary text.
"""

_SENTENCES = """
研究 生命 起源 。
南京 市 长江 大桥 今天 很 堵 。
乒乓球拍 卖完 了 。
她 从小 学 钢琴 。
她 从 小学 走路 回家 。
猫头鹰 白天 睡觉 。
湖面 上 有 一 只 白 天鹅 。
这 块 地 面积 不 大 。
以后 有 机会 再 见面 。
价格 的 确定 要 看 市场 。
他 的 名字 出现 在 名单 上 。
长城 在 世界 上 很 有名 。
美国 会 派 三 名 选手 参加 比赛 。
当 中国 队 进球 时 ， 全 场 都 站 了 起来 。
他 从 中学 毕业 了 。
只有 努力 的 人 才 能 成功 。
他 的 才能 大家 都 看到 了 。
下 了 课 才 能 出去 玩 。
他 将来 想 当 医生 。
校长 明天 将 来 我们 班 听课 。
请 你 马上 过来 。
孩子 骑 在 马 上 笑 。
门 的 把手 坏 了 。
吃饭 以前 要 把 手 洗 干净 。
三 名 学生 会 唱 这 首 歌 。
学生会 今天 选 主席 。
欧阳 雪梅 昨天 来 找 过 你 。
高 峰 老师 教 我们 历史 。
张 伟 说 他 明天 不 来 。
诸葛 青云 写 的 信 到 了 。
玛丽亚 · 洛佩斯 来自 西班牙 。
我们 住 在 杭州 市 西湖 区 文三 路 。
从 乌鲁木齐 到 喀什 坐 火车 要 多久 ？
奶奶 的 老家 在 黑龙江 省 漠河 市 。
会议 定 在 2025 年 3 月 18 日 下午 两 点 半 。
这 台 电脑 卖 4999 元 ， 比 去年 便宜 了 15% 。
全 班 四十二 个 人 ， 有 三分之一 戴 眼镜 。
他 跑 了 10.5 公里 ， 用 了 五十八 分钟 。
第三 课 有 二十 个 生词 。
我 的 房间 号 是 ３０２ 。
我 用 Python 写 了 一 个 小 程序 。
她 的 Wi-Fi 密码 忘 了 。
这 部 iPhone15 的 屏幕 碎 了 。
他 天天 刷 短视频 ， 很 少 看书 。
这 位 博主 的 直播间 里 有 三万 人 。
小区 门口 新 装 了 充电桩 。
大模型 也 会 一本正经 地 胡说八道 。
你 尝尝 这 道 菜 ， 看 咸 不 咸 。
他 高高兴兴 地 回 了 家 。
他 慢慢 地 打开 门 ， 看 了 一 看 。
我们 商量商量 再 决定 。
他 做事 总是 马马虎虎 ， 丢三落四 。
听 了 这 句 话 ， 她 恍然大悟 。
他 说 得 对 ， 我 听 得 懂 。
我 吃 了 饭 就 来 了 。
天 黑 得 很 快 。
他 笑 着 说 了 声 谢谢 。
你 去 过 几 次 长城 ？
"""


def segmented_sample() -> list[tuple[str, ...]]:
    """Give 58 Chinese sentences as their words; joined, the words are the sentence.

    The standard, near to that of ``uner-chinese-gsdsimp``. Each of these is a word of its own:
    的 地 得 了 着 过, 不 and 很; 这 and 那; a number, a measure word, a unit (三 个, 18 日); 全
    before a noun (全 班); 上 or 里 behind one (世界 上); 在 behind a verb (住 在); a family name
    and a given name; a name and the kind of thing it names (南京 市, 中国 队), and 号 (房间 号);
    an adjective and its noun, unless the two mean more than their parts (白 天鹅, 小 程序; but
    短视频, 大模型); a punctuation mark.

    These are whole: a number, in characters or digits (四十二, 10.5, 15%), 第三 and 三分之一; a
    verb with its result, its direction or its object if that makes two characters and nothing
    stands between (卖完, 出去, 看书; but 看 了, 下 了 课, 听 得 懂); reduplications with nothing
    between (尝尝, 商量商量; but 看 了 一 看, 咸 不 咸); idioms; Latin letters and digits in a
    row, with a hyphen too (iPhone15, Wi-Fi).

    >>> from seq2seq_tutor.data import segmented_sample
    >>> segmented_sample()[3]
    ('她', '从小', '学', '钢琴', '。')
    """
    return [tuple(line.split()) for line in _SENTENCES.strip().splitlines()]
